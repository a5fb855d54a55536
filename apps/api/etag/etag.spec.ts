import { describe, expect, it } from 'vitest';
import { etagOf, namesEtag } from './etag.js';

describe('If-None-Match', () => {
  const etag = etagOf('{}');
  it.each([
    [etag, true],
    [`W/${etag}`, true],
    [`"other", W/${etag} ,"third"`, true],
    ['*', true],
    ['"other"', false],
    [etag.slice(1, -1), false],
    ['', false],
  ])('%s: %s', (header, expected) => {
    expect(namesEtag(header, etag)).toBe(expected);
  });

  it('is about every byte', () => {
    expect(etagOf('{"a":1}')).not.toBe(etagOf('{"a":2}'));
    expect(etag).toMatch(/^"[\w-]{27}"$/);
  });
});
