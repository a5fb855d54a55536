import type { Difficulty } from '../scene/scene.js';

/** A set of scenes that is drawn once and may serve several stages. */
export interface SceneSet {
  readonly scenes: number;
  /** Times a million is the first scene's seed. */
  readonly seed: number;
  readonly difficulties: readonly Difficulty[];
  /** About each scene. */
  readonly questions: number;
  /** Pixels of a picture's side. */
  readonly side: number;
}

/** One training of several; it begins where the one before it ended. */
export interface Stage {
  readonly name: string;
  /** Of `SCENES`: one after the other. */
  readonly scenes: readonly string[];
  /** What of them is learned. */
  readonly file: 'points.jsonl' | 'examples.jsonl';
  /** Of each scene, by the task that its prompt begins with; all without it. */
  readonly perScene?: Readonly<Record<string, number>>;
  /** The first of them only. */
  readonly lines?: number;
  /** Options of `pallet train`. */
  readonly options: Readonly<Record<string, string | number>>;
}
