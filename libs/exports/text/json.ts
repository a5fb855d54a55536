/** A JSON array, an element a line. */
export async function* jsonArray(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const value of values) {
    yield separator + JSON.stringify(value);
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]' : '\n]';
}

export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`;
