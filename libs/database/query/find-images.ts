/** Most images that one search finds: who gets so many writes another letter. */
export const MOST_IMAGES_FOUND = 1_000;

/** What an image is called: the whole of it, or how it begins. By its file name or by its client's id. */
export interface ImageCalled {
  readonly text: string;
  readonly isWhole: boolean;
}

/**
 * The numbers of such images, `MOST_IMAGES_FOUND` at most of each kind, the first in the order of their names: read from an
 * index each, so that a set of millions costs what one of ten does. Input: places of the set's id and of `calledValues`.
 */
export const IMAGES_CALLED = (set: string, low: string, high: string): string =>
  `SELECT n FROM images_called(${set}, ${low}, ${high}, ${MOST_IMAGES_FOUND}) AS n`;

/** The highest character there is: what begins with a text lies between it and it with this behind. */
const HIGHEST = '\u{10FFFF}';

export const calledValues = ({ text, isWhole }: ImageCalled): [string, string] => [
  text,
  isWhole ? text : `${text}${HIGHEST}`,
];
