/** Input: how many rows there are, how many may be shown. Output: the places to show, evenly, both ends among them. */
export function thinned(rows: number, most: number): readonly number[] {
  if (rows <= most) return Array.from({ length: rows }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (rows - 1)) / (most - 1)));
}
