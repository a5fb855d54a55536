import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unsafeName } from './archive/archive-rules.js';
import { cleanFileName } from './file-name.js';

describe('file names', () => {
  it('stay as the client wrote them', () => {
    for (const name of [
      'a.jpg',
      'cats/été 1.png',
      'あ/い.webp',
      '../up.jpg',
      'C:\\x.jpg',
      '👩‍👧.gif',
    ]) {
      expect(cleanFileName(name)).toBe(name.normalize('NFC'));
    }
  });

  it('lose what cannot be shown', () => {
    expect(cleanFileName('a\0b\r\nc\u202Egnp.exe\u2028')).toBe('abcgnp.exe');
    expect(cleanFileName('\uD800x')).toBe('\uFFFDx');
  });

  it('are never empty', () => {
    for (const name of [undefined, '', '  ', '\0']) expect(cleanFileName(name)).toBe('unnamed');
  });

  it('fit into an index row of Postgres whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000, size: 'max' }), (text) => {
        const name = cleanFileName(text);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(2_048);
        expect([...name].length).toBeLessThanOrEqual(1_024);
        expect(name.isWellFormed()).toBe(true);
        // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(name).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
      { numRuns: 200 },
    );
    expect(Buffer.byteLength(cleanFileName('🙂'.repeat(2_000)))).toBe(2_048);
  });
});

describe('names in an archive', () => {
  it('that lead nowhere else are taken', () => {
    for (const name of ['a.jpg', 'a/b/c.jpg', '..a/b..jpg', 'a/...', 'A:b/c'.slice(2)]) {
      expect(unsafeName('zip', name)).toBeUndefined();
    }
  });

  it('that lead out of it are refused', () => {
    const names = [
      '',
      '..',
      '../a',
      'a/../../b',
      'a/..',
      '/etc/passwd',
      '//host/a',
      'C:/a',
      'c:a',
      'a\0.jpg',
    ];
    expect(names.map((name) => unsafeName('zip', name)?.code)).toEqual(
      names.map(() => 'zip.unsafe_name'),
    );
  });
});
