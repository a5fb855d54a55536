import type { Kind } from './kind.js';

/** Pixels of a side. */
export const SIDE = 224;

/** y1, x1, y2, x2 in pixels; the last two are just behind. */
export type Box = readonly [number, number, number, number];

export interface SceneObject {
  readonly kind: Kind;
  /** Around what is visible. */
  readonly box: Box;
  /** [SIDE * SIDE]: 1 where the object is what one sees. */
  readonly mask: Uint8Array;
}

/** One that is written, and where, turned as its plate is. */
export interface Character {
  readonly character: string;
  readonly box: Box;
}

/** A picture and what is in it. */
export interface Scene {
  readonly seed: number;
  /** RGB [SIDE, SIDE, 3]. */
  readonly pixels: Uint8Array;
  /** Empty only if something is written. */
  readonly objects: readonly SceneObject[];
  /** What is written on a plate, if there is one. */
  readonly text: string | undefined;
  /** Of `text`, in its order; empty without a plate. */
  readonly characters: readonly Character[];
}

/** How full scenes are: one object, up to three, up to five and at times a plate; always a plate and at most two. */
export type Difficulty = 'easy' | 'medium' | 'full' | 'text';
