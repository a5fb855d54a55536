import type { SceneSet, Stage } from './stage.js';

const MIXED = ['medium', 'full', 'text', 'full'] as const;

/** What the stages learn from. */
export const SCENES: Readonly<Record<string, SceneSet>> = {
  first: { scenes: 50_000, seed: 1, difficulties: MIXED, questions: 8, side: 112 },
  second: { scenes: 45_000, seed: 2, difficulties: MIXED, questions: 12, side: 112 },
};

/** Nothing is learned from these: they show how each stage goes. */
export const HELD_OUT: SceneSet = {
  scenes: 1200,
  seed: 1,
  difficulties: ['full'],
  questions: 6,
  side: 112,
};

/** Scenes of the last examination: of the size that people send, and seen by no stage. */
export const EXAMINATION: SceneSet = { ...HELD_OUT, seed: 2, questions: 8, side: 224 };

const COMMON = { 'weight-decay': 0.02, epochs: 1 };

/**
 * PaliGemma's own order: the tower alone, then the text model, from names and counts to boxes and outlines. The tower stays
 * as it is there. Learning both together at these rates made it forget places: from 10 bins of 1,024 to 50 in the middle,
 * and fewer boxes were found than before.
 */
export const STAGES: readonly Stage[] = [
  {
    name: 'tower',
    scenes: 'first',
    file: 'points.jsonl',
    options: {
      ...COMMON,
      method: 'tower',
      questions: 6,
      epochs: 2,
      'batch-size': 32,
      'learning-rate': 0.0012,
      warmup: 0.03,
      'location-spread': 12,
      'evaluate-every': 200,
      'checkpoint-every': 200,
    },
  },
  {
    name: 'text',
    scenes: 'first',
    file: 'examples.jsonl',
    lines: 100_000,
    options: {
      ...COMMON,
      method: 'text',
      pack: 6,
      'text-tokens': 96,
      'batch-size': 16,
      'learning-rate': 0.0012,
      warmup: 0.04,
      'location-spread': 10,
      'evaluate-every': 400,
      'checkpoint-every': 200,
    },
  },
  {
    name: 'read',
    scenes: 'second',
    file: 'examples.jsonl',
    lines: 300_000,
    options: {
      ...COMMON,
      method: 'text',
      pack: 6,
      'text-tokens': 96,
      'loss-mean': 'token',
      'batch-size': 16,
      'learning-rate': 0.0012,
      warmup: 0.03,
      'location-spread': 6,
      'code-spread': 1,
      'evaluate-every': 800,
      'checkpoint-every': 200,
    },
  },
];
