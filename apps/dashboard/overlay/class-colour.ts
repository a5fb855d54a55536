/** Twelve hues that differ from each other and from most pictures; a label has the same one everywhere. */
const COLOURS = [
  '#ffd23f',
  '#3bceac',
  '#ff6b6b',
  '#5aa9ff',
  '#ff9f1c',
  '#c77dff',
  '#7bd148',
  '#ff70a6',
  '#4dd0e1',
  '#e8e35b',
  '#a3b8ff',
  '#ffb199',
] as const;

export function colourOf(label: string): string {
  let hash = 7;
  for (const character of label) hash = (hash * 31 + character.codePointAt(0)!) >>> 0;
  return COLOURS[hash % COLOURS.length]!;
}
