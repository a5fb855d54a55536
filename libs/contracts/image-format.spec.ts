import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMAGE_FORMATS, SNIFF_BYTES, sniffImageFormat } from './image-format.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const kindOf = (bytes: Uint8Array): string => {
  const sniffed = sniffImageFormat(bytes);
  return 'format' in sniffed ? sniffed.format : sniffed.refused;
};

describe('sniffImageFormat', () => {
  it.each([
    ['jpeg', '\xFF\xD8\xFF\xE0\0\x10JFIF'],
    ['png', '\x89PNG\r\n\x1A\n\0\0\0\rIHDR'],
    ['webp', 'RIFF\x24\0\0\0WEBPVP8 '],
    ['gif', 'GIF89a\x01\0\x01\0'],
    ['tiff', 'II*\0\x08\0\0\0'],
    ['tiff', 'MM\0*\0\0\0\x08'],
    ['avif', '\0\0\0\x1CftypavifTAG0mif1miaf'],
    ['avif', '\0\0\0\x1Cftypmif1\0\0\0\0avifmiaf'],
    ['heic', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['video', '\0\0\0\x18ftypisom\0\0\x02\0isommp41'],
    ['camera_raw', 'II*\0\x10\0\0\0CR\x02\0'],
    ['jpeg_xl', '\xFF\x0A\xFA\x1F'],
    ['bmp', 'BM\x36\x10\0\0\0\0\0\0\x36\0\0\0'],
    ['pdf', '%PDF-1.7\n'],
    ['archive', 'PK\x03\x04\x14\0'],
    ['svg', '<?xml version="1.0"?>\n<!-- c -->\n<svg xmlns="http://www.w3.org/2000/svg">'],
    ['svg', '\xEF\xBB\xBF  <SVG width="1">'],
    ['text', 'BM is how this sentence starts'],
    ['text', '<html><body>404 Not Found</body></html>'],
    ['text', '{"error":"not found"}'],
    ['unknown', '\x01\x02\x03\x04'],
    ['unknown', 'RIFF\x24\0\0\0WAVEfmt '],
  ])('knows %s', (kind, bytes) => {
    expect(kindOf(latin1(bytes))).toBe(kind);
  });

  it('names UTF-16 SVG and text', () => {
    expect(kindOf(Buffer.from('\uFEFF<svg >', 'utf16le'))).toBe('svg');
    expect(kindOf(Buffer.from('\uFEFFhello', 'utf16le'))).toBe('text');
  });

  it('calls 0 bytes empty and tells what to do', () => {
    const sniffed = sniffImageFormat(new Uint8Array());
    expect(sniffed).toMatchObject({ refused: 'empty', message: expect.stringContaining('again') });
  });

  it('does not take a character cut at the limit for binary data', () => {
    expect(kindOf(Buffer.from('é'.repeat(SNIFF_BYTES)).subarray(0, SNIFF_BYTES - 1))).toBe('text');
  });

  it('answers for any bytes, and a refusal always has a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const sniffed = sniffImageFormat(bytes);
        expect('format' in sniffed ? sniffed.format : sniffed.message).not.toBe('');
      }),
    );
  });

  it('answers for any bytes behind a known start', () => {
    const starts = ['RIFF', '\0\0\0\x18ftyp', '\xFF\xFE', 'BM', 'II*\0', '<svg'].map(latin1);
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 40 }), (start, rest) => {
        const kind = kindOf(Buffer.concat([start, rest]));
        expect(kind).toMatch(/^[a-z_0-9]+$/);
        expect(kind).not.toBe('empty');
      }),
    );
  });

  it('reads the signature, not what follows: a format keeps its name with any tail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (tail) => {
        expect(kindOf(Buffer.concat([latin1('\x89PNG\r\n\x1A\n'), tail]))).toBe('png');
      }),
    );
    expect(IMAGE_FORMATS).toContain('png');
  });
});
