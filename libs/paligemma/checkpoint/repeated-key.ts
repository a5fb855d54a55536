/**
 * A key that some object of a JSON text has twice; `undefined` when none has. `JSON.parse` keeps the last of them and
 * says nothing. The text must be valid: parse it first.
 */
export function findRepeatedKey(json: string): string | undefined {
  /** Keys of each object around the place; `undefined` for a list. */
  const around: (Set<string> | undefined)[] = [];
  let [start, end] = [0, 0];
  for (let place = 0; place < json.length; place++) {
    const character = json[place];
    if (character === '"') {
      [start, end] = [place, endOfString(json, place)];
      place = end;
    } else if (character === '{') around.push(new Set());
    else if (character === '[') around.push(undefined);
    else if (character === '}' || character === ']') around.pop();
    else if (character === ':') {
      // Outside of strings a colon follows its key. Parsed, since one key can be spelt in many ways.
      const key = JSON.parse(json.slice(start, end + 1)) as string;
      const keys = around.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

/** Place of the quote that closes the string which opens at `start`. */
function endOfString(json: string, start: number): number {
  let end = start;
  do end = json.indexOf('"', end + 1);
  while (isEscaped(json, end));
  return end;
}

/** Whether an odd number of backslashes stands before a place. No regular expression: these fail on long runs. */
function isEscaped(json: string, place: number): boolean {
  let first = place;
  while (json[first - 1] === '\\') first--;
  return (place - first) % 2 === 1;
}
