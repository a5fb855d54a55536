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
  /** x is seconds since 1970. */
  readonly isTime?: boolean;
  /** Where there is no value there is no line either. */
  readonly hasGaps?: boolean;
  /** The axis of the values begins at 0. */
  readonly fromZero?: boolean;
  /** Drawings of the same name show the place of the pointer together. */
  readonly linkedBy?: string;
  /** Of the drawing, pixels. */
  readonly height?: number;
}

/** With the defaults in. */
export type DrawnChart = ChartProps & Required<Pick<ChartProps, 'showX' | 'showY'>>;
