export interface ChartLine {
  readonly name: string;
  /** One for each x; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Few values far apart: each is marked, and the line between them is dashed. */
  readonly isSparse?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly xName: string;
  /** Ascending. */
  readonly x: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly showX?: (x: number) => string;
  readonly showY?: (y: number) => string;
  /** Of the drawing, pixels. */
  readonly height?: number;
}

/** With the defaults in. */
export type DrawnChart = ChartProps & Required<Pick<ChartProps, 'showX' | 'showY'>>;
