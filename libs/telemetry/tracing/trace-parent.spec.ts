import { trace } from '@opentelemetry/api';
import { assert, property, string, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextBelow, parseTraceParent, traceParentOf } from './trace-parent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it('comes back as it was, whatever the ids', () => {
    const valid = stringMatching(/^00-[0-9a-f]{31}1-[0-9a-f]{15}1-0[01]$/);
    assert(
      property(valid, (text) => {
        expect(traceParentOf(trace.getSpan(contextBelow(text)))).toBe(text);
      }),
    );
  });

  it('says whether it is kept, and of later versions what is known', () => {
    const flags = (text: string) => parseTraceParent(text)?.traceFlags;
    expect(flags(`00-${TRACE}-${SPAN}-01`)).toBe(1);
    expect(flags(`00-${TRACE}-${SPAN}-00`)).toBe(0);
    expect(flags(`00-${TRACE}-${SPAN}-03`)).toBe(1);
    expect(flags(`cc-${TRACE}-${SPAN}-01-what-the-future-has`)).toBe(1);
  });

  it.each([
    ['nothing', undefined],
    ['a null', null],
    ['an empty one', ''],
    ['a version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
    ['more than its version has', `00-${TRACE}-${SPAN}-01-more`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['one that is too long', `00-${TRACE}0-${SPAN}-01`],
    ['a second line', `00-${TRACE}-${SPAN}-01\nx: y`],
  ])('is not read from %s', (_, text) => {
    expect(parseTraceParent(text)).toBeUndefined();
    expect(traceParentOf(trace.getSpan(contextBelow(text)))).toBeUndefined();
  });

  it('makes nothing fail, whatever a client sends', () => {
    assert(property(string(), (text) => void parseTraceParent(text)));
  });
});
