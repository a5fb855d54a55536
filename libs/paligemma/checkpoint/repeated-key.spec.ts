import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findRepeatedKey } from './repeated-key.js';

describe('findRepeatedKey', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":{"b":[],"c":3,"b":{}}}', 'b'],
    ['[1,{"x":"y","x":null}]', 'x'],
    // One key, spelt in two ways.
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('finds it in %s', (json, key) => {
    expect(findRepeatedKey(json)).toBe(key);
  });

  it.each([
    '{"a":{"a":1},"b":{"a":2}}',
    '{"a":"a","b":["a","a"]}',
    '{"a":"\\"a\\":1,","b":1}',
    '{}',
    '3',
  ])('finds none in %s', (json) => {
    expect(findRepeatedKey(json)).toBeUndefined();
  });

  it('finds none in what JSON.stringify writes, with or without indentation', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
        expect(findRepeatedKey(JSON.stringify(value, undefined, indent))).toBeUndefined();
      }),
    );
  });

  it('takes long runs of escapes and deep nesting', () => {
    const escapes = `{"${'\\n'.repeat(2e6)}":"${'\\\\'.repeat(2e6)}"}`;
    expect(findRepeatedKey(escapes)).toBeUndefined();
    expect(findRepeatedKey('{"a":'.repeat(2e5) + '1' + '}'.repeat(2e5))).toBeUndefined();
  });

  it('finds the one that was put in, wherever it is', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), {
      minLength: 1,
      maxLength: 6,
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(entries, fc.nat(), (unique, place) => {
        const twice = unique[place % unique.length]!;
        const json = [...unique, twice]
          .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
          .join();
        expect(findRepeatedKey(`{${json}}`)).toBe(twice[0]);
      }),
    );
  });
});
