import { columnsOf, padTo, printable, wrap } from './text.js';

export interface Column {
  title: string;
  /** Most columns of the terminal it takes; the last one takes what is left. */
  most?: number;
}

export interface TableOptions {
  /** Columns of the terminal; undefined when the output is no terminal, and nothing is wrapped then. */
  width?: number;
  hasColour?: boolean;
}

const GAP = '  ';
const NARROWEST = 20;

/**
 * Text in columns. The widths are settled by the first rows that it is given, so a table of any length
 * can be written page by page; later text that does not fit is wrapped, or simply longer.
 */
export class Table {
  readonly #columns: readonly Column[];
  readonly #options: TableOptions;
  #widths: number[] | undefined;

  constructor(columns: readonly Column[], options: TableOptions = {}) {
    this.#columns = columns;
    this.#options = options;
  }

  /** The lines of these rows, below the titles the first time. Each ends with a line break. */
  render(rows: readonly (readonly string[])[]): string {
    const cells = rows.map((row) => row.map(printable));
    const isFirst = this.#widths === undefined;
    this.#widths ??= this.#measure(cells);
    const titles = this.#columns.map((column) => column.title);
    const head = isFirst ? [this.#bold(this.#line(titles))] : [];
    return [...head, ...cells.flatMap((row) => this.#row(row))].map((line) => `${line}\n`).join('');
  }

  #measure(rows: readonly (readonly string[])[]): number[] {
    const widths = this.#columns.map((column, index) => {
      const longest = Math.max(
        columnsOf(column.title),
        ...rows.map((row) => columnsOf(row[index] ?? '')),
      );
      return this.#options.width === undefined
        ? longest
        : Math.min(longest, column.most ?? Infinity);
    });
    if (this.#options.width !== undefined) {
      const others = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
      widths[widths.length - 1] = Math.max(NARROWEST, this.#options.width - others);
    }
    return widths;
  }

  #row(cells: readonly string[]): string[] {
    if (this.#options.width === undefined) return [this.#line(cells)];
    const wrapped = cells.map((cell, index) => wrap(cell, this.#widths?.[index] ?? NARROWEST));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, n) => this.#line(wrapped.map((w) => w[n] ?? '')));
  }

  #line(cells: readonly string[]): string {
    return cells
      .map((cell, index) => padTo(cell, this.#widths?.[index] ?? 0))
      .join(GAP)
      .trimEnd();
  }

  #bold(line: string): string {
    return this.#options.hasColour ? `\u001B[1m${line}\u001B[22m` : line;
  }
}
