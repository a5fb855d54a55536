import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { named } from '../source-fixture.js';
import { FilePlaces, pathOf, safeName, safePlace } from './file-place.js';

const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      'C:',
      '\0',
      '\n',
      'con',
      'a.jpg',
      ' ',
      '~',
      '%2e',
      '\uD800',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  ),
  { maxLength: 12 },
);

describe('safePlace', () => {
  it.each([
    ['summer/cat.jpg', 'summer/cat.jpg'],
    ['größe 2×.png', 'größe 2×.png'],
    ['../../x.jpg', 'x.jpg'],
    ['/etc/passwd', 'etc/passwd'],
    ['C:\\Users\\me\\x.jpg', 'C_/Users/me/x.jpg'],
    ['a/./b//c/../d.jpg', 'a/b/c/d.jpg'],
    ['..', 'unnamed'],
    ['', 'unnamed'],
    ['con.jpg', '_con.jpg'],
    ['a?b*.jpg', 'a_b_.jpg'],
    ['x.jpg. .', 'x.jpg'],
    ['.gitignore', '.gitignore'],
  ])('makes %j %j', (name, expected) => {
    expect(pathOf(safePlace(name))).toBe(expected);
  });

  it('never leads out of its folder, whatever the name', () => {
    fc.assert(
      fc.property(hostile, (parts) => {
        const path = pathOf(safePlace(parts.join('')));
        expect(posix.normalize(path)).toBe(path);
        for (const segment of path.split('/')) {
          expect(segment).not.toMatch(/^\.{0,2}$|[\\:\p{Cc}]|[. ]$/u);
          expect(Buffer.byteLength(segment)).toBeLessThan(200);
        }
        expect(posix.isAbsolute(path) || win32.isAbsolute(path)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

it('a label in a name has no folders', () => {
  expect(safeName('../a/b')).toBe('.._a_b');
});

describe('FilePlaces', () => {
  const placed = (by: 'name' | 'stem', names: string[]): string[] => {
    const places = new FilePlaces(by);
    return names.map((name, n) => pathOf(places.place(named(n, name))));
  };

  it('keeps the name of the first and numbers the others', () => {
    const names = ['a.jpg', 'a.png', 'A.jpg', 'a_2.jpg', 'a.jpg'];
    expect(placed('name', names)).toEqual(['a.jpg', 'a.png', 'A_2.jpg', 'a_2_3.jpg', 'a_4.jpg']);
    expect(placed('stem', names)).toEqual(['a.jpg', 'a_1.png', 'A_2.jpg', 'a_2_3.jpg', 'a_4.jpg']);
  });

  it('gives every image a place of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[aA_1.]{1,4}$/), { maxLength: 40 }), (names) => {
        const places = placed('stem', names).map((path) => path.toLowerCase());
        expect(new Set(places).size).toBe(names.length);
      }),
    );
  });

  it('tells many apart', () => {
    const names = Array.from({ length: 20_000 }, (_, n) => `photo-${n}.jpg`);
    expect(placed('stem', names)).toEqual(names);
  });
});
