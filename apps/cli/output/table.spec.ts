import { describe, expect, it } from 'vitest';
import { Table } from './table.js';
import { columnsOf, printable, wrap } from './text.js';

const columns = [{ title: 'IMAGE', most: 8 }, { title: 'ANSWER' }];

describe('Table', () => {
  it('lines columns up and leaves no blanks at the ends', () => {
    const table = new Table(columns);
    expect(
      table.render([
        ['a.jpg', 'a cat'],
        ['longer.jpg', ''],
      ]),
    ).toBe('IMAGE       ANSWER\na.jpg       a cat\nlonger.jpg\n');
  });

  it('writes the titles once and keeps the widths over pages', () => {
    const table = new Table(columns);
    table.render([['longer.jpg', 'x']]);
    expect(
      table.render([
        ['a.jpg', 'y'],
        ['much-longer.jpg', 'z'],
      ]),
    ).toBe('a.jpg       y\nmuch-longer.jpg  z\n');
  });

  it('wraps to the terminal, every column by itself', () => {
    const table = new Table(columns, { width: 30 });
    expect(table.render([['a-very-long.jpg', 'one two three four five six']])).toBe(
      ['IMAGE     ANSWER', 'a-very-l  one two three four', 'ong.jpg   five six', ''].join('\n'),
    );
  });

  it('measures wide and combined characters as terminals do', () => {
    const table = new Table(columns);
    expect(
      table.render([
        ['猫.jpg', 'a'],
        ['e\u0301t.jpg', 'b'],
        ['🐈.jpg', 'c'],
      ]),
    ).toBe('IMAGE   ANSWER\n猫.jpg  a\ne\u0301t.jpg  b\n🐈.jpg  c\n');
  });

  it('writes the titles when there are no rows', () => {
    expect(new Table(columns).render([])).toBe('IMAGE  ANSWER\n');
  });

  it('is bold at the top only where colour is wanted', () => {
    expect(new Table(columns, { hasColour: true }).render([])).toBe(
      '\u001B[1mIMAGE  ANSWER\u001B[22m\n',
    );
  });
});

describe('printable', () => {
  it('lets no control code of a name or an answer reach the terminal', () => {
    expect(printable('a\u001B[2Jb\u009Bc\u202Ed\u0007')).toBe('a�[2Jb�c�d�');
    expect(printable('one\r\ntwo\nthree\tfour ')).toBe('one ⏎ two ⏎ three four');
  });
});

describe('wrap', () => {
  it('cuts words that are longer than a line and never loses a character', () => {
    const text = 'ab abcdefghij 漢字漢字 x';
    const lines = wrap(text, 5);
    expect(lines).toEqual(['ab', 'abcde', 'fghij', '漢字', '漢字', 'x'].map(String));
    expect(lines.every((line) => columnsOf(line) <= 5)).toBe(true);
  });
});
