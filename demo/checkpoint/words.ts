import { KINDS } from '../scene/kind.js';

/** Of prompts and answers, besides the names of things: each is one token. */
const FRAME = `
  caption answer detect segment ocr en what colour is the where how many are there a an wearing helmet
  and no yes one two three four five top bottom left right middle
`;

/** Those that prompts and answers begin with, besides colours: no blank is before them. */
const BEGINNINGS = `
  caption answer detect segment ocr a an yes no two three four five top bottom left right middle
`;

/** Words that a text begins with. The longest first: see vocabulary.ts. */
export function beginnings(): string[] {
  const colours = KINDS.flatMap(({ colour }) => colour ?? []);
  const all = [...BEGINNINGS.trim().split(/\s+/), ...colours];
  return [...new Set(all)].toSorted((one, other) => other.length - one.length);
}

/** Every word of the demo's language, in an order of its own. */
export function words(): string[] {
  const things = KINDS.flatMap(({ label, plural, colour }) => [label, plural, colour ?? label]);
  return [...new Set([...FRAME.trim().split(/\s+/), ...things])];
}
