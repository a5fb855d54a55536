import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { csvLine } from './csv.js';
import { attributes, textElement } from './xml.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...`'"=+-@,;\r\n\t &<>]a\0\uFFFE`) }),
);

/** One line of RFC 4180, as strict as it is written. */
function parseLine(line: string): string[] {
  const cells = [];
  let rest = `,${line.slice(0, -2)}`;
  expect(line.endsWith('\r\n')).toBe(true);
  while (rest !== '') {
    const [cell, quoted, plain] = /^,(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?=,|$)/.exec(rest)!;
    cells.push(quoted?.replaceAll('""', '"') ?? plain!);
    rest = rest.slice(cell.length);
  }
  return cells;
}

describe('csvLine', () => {
  it('can be read back, whatever the text', () => {
    const unmarked = (cell: string) => (/^'+[=+\-@\t\r\n]/.test(cell) ? cell.slice(1) : cell);
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), (cells) => {
        expect(parseLine(csvLine(cells)).map(unmarked)).toEqual(cells);
      }),
      { numRuns: 1000 },
    );
  });

  it('starts no cell like a formula', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseLine(csvLine([text]))[0]).not.toMatch(/^[=+\-@\t\r\n]/);
      }),
    );
    expect(csvLine(['=HYPERLINK("x")', '-1', -1, null])).toBe(`"'=HYPERLINK(""x"")",'-1,-1,\r\n`);
  });
});

describe('XML', () => {
  it('is well-formed and says the text, whatever it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parser = new SaxesParser({ fragment: false });
        const seen = { text: '', attribute: '' };
        parser.on('text', (part) => void (seen.text += part));
        parser.on('opentag', (tag) => void (seen.attribute += tag.attributes['a'] ?? ''));
        parser.write(`<r${attributes({ a: text })}>${textElement('t', text)}</r>`).close();
        const writable = text
          .toWellFormed()
          .replaceAll(/(?![\t\n\r\u007F-\u009F])[\p{Cc}\uFFFE\uFFFF]/gu, '\uFFFD');
        expect(seen).toEqual({ text: writable, attribute: writable });
      }),
      { numRuns: 1000 },
    );
  });
});
