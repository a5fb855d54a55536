export const spread = (values: readonly number[]) => ({
  median: Math.round(median(values)),
  range: [Math.round(Math.min(...values)), Math.round(Math.max(...values))],
});

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

export const round = (value: number): number => Number(value.toFixed(1));
