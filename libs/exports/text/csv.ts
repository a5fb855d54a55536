/** What a spreadsheet takes for a formula, with any number of our own marks before it. */
const FORMULA = /^'*[=+\-@\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * A line of RFC 4180. Text that a spreadsheet would run as a formula gets `'` before it; who reads the file by program
 * takes one `'` away where FORMULA still matches behind it. Numbers are never marked.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
