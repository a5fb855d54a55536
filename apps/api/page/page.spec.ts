import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, NUMBER_CURSOR, toPage, UUID_CURSOR } from './page.js';

const pageOf = (rows: number[], limit: number) => toPage(rows, limit, String, (row) => row);

describe('pages', () => {
  it('give no cursor when nothing follows', () => {
    expect(pageOf([1, 2], 2)).toEqual({
      object: 'list',
      data: [1, 2],
      next_cursor: null,
      has_more: false,
    });
  });

  it('go on after the last row that was shown', () => {
    const page = pageOf([1, 2, 3], 2);
    expect(page.data).toEqual([1, 2]);
    expect(decodeCursor(page.next_cursor ?? undefined, NUMBER_CURSOR)).toBe('2');
  });

  it('refuse cursors that are none of theirs', () => {
    const id = '019a0000-0000-7000-8000-000000000000';
    expect(decodeCursor(encodeCursor(id), UUID_CURSOR)).toBe(id);
    for (const cursor of ['', '!', id, encodeCursor('1; DROP'), `${encodeCursor('12')}=`, '\0']) {
      expect(() => decodeCursor(cursor, NUMBER_CURSOR)).toThrow(/none of ours/);
    }
  });
});
