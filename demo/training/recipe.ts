import type { SceneSet, Stage } from './stage.js';

const MIXED = ['medium', 'full', 'text', 'full'] as const;
const LETTERED = ['text', 'full', 'medium', 'full', 'text', 'full'] as const;

/** What the stages learn from. */
export const SCENES: Readonly<Record<string, SceneSet>> = {
  first: { scenes: 50_000, seed: 1, difficulties: MIXED, questions: 8, side: 112 },
  second: { scenes: 45_000, seed: 2, difficulties: MIXED, questions: 12, side: 112 },
  // Most of them with a plate: of the others alone the tower learns 28 % of the letters.
  plates: {
    scenes: 60_000,
    seed: 3,
    difficulties: ['text', 'text', 'full'],
    questions: 12,
    side: 112,
  },
  larger: { scenes: 36_000, seed: 31, difficulties: LETTERED, questions: 12, side: 168 },
  more: { scenes: 14_000, seed: 32, difficulties: LETTERED, questions: 12, side: 168 },
  last: { scenes: 20_000, seed: 33, difficulties: ['text', 'full'], questions: 12, side: 168 },
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

/** Of a scene; the rest of what there is to ask about it is much the same. */
const PER_SCENE = { caption: 1, ocr: 1, detect: 3, segment: 2, answer: 2 };
const TOWER = { ...COMMON, method: 'tower', questions: 6, epochs: 2, 'batch-size': 32 };
const TEXT = { ...COMMON, method: 'text', pack: 6, 'text-tokens': 96, 'batch-size': 16 };
const ALL = { ...TEXT, method: 'full', 'loss-mean': 'token', warmup: 0.05 };
const MORE_CAPTIONS = { ...PER_SCENE, caption: 2 };

/**
 * PaliGemma's own order: the tower alone, then the text model, from names and counts to boxes and outlines; then larger
 * pictures, and all weights together. The tower stays as it is while the text model learns the most: learning both at those
 * rates made it forget places, from 10 bins of 1,024 to 50 in the middle. At a quarter of the rate both get better.
 */
export const STAGES: readonly Stage[] = [
  {
    name: 'tower',
    scenes: ['first'],
    file: 'points.jsonl',
    options: {
      ...TOWER,
      'learning-rate': 0.0012,
      warmup: 0.03,
      'location-spread': 12,
      'evaluate-every': 200,
      'checkpoint-every': 200,
    },
  },
  {
    name: 'letters',
    scenes: ['plates'],
    file: 'points.jsonl',
    lines: 45_000,
    options: {
      ...TOWER,
      'learning-rate': 0.0009,
      warmup: 0.04,
      'location-spread': 10,
      'evaluate-every': 300,
      'checkpoint-every': 200,
    },
  },
  {
    name: 'read',
    scenes: ['second', 'plates'],
    file: 'examples.jsonl',
    perScene: PER_SCENE,
    options: {
      ...TEXT,
      'loss-mean': 'token',
      'learning-rate': 0.0012,
      warmup: 0.03,
      'location-spread': 5,
      'code-spread': 1,
      'evaluate-every': 1500,
      'checkpoint-every': 200,
    },
  },
  {
    name: 'sharpen',
    scenes: ['second'],
    file: 'examples.jsonl',
    perScene: PER_SCENE,
    lines: 100_000,
    options: {
      ...TEXT,
      'loss-mean': 'token',
      'learning-rate': 0.0005,
      warmup: 0.03,
      'location-spread': 1.5,
      'code-spread': 0.5,
      'evaluate-every': 700,
      'checkpoint-every': 200,
    },
  },
  {
    name: 'larger',
    scenes: ['larger'],
    file: 'points.jsonl',
    options: {
      ...TOWER,
      epochs: 1,
      'learning-rate': 0.0006,
      warmup: 0.04,
      'location-spread': 8,
      'evaluate-every': 250,
      'checkpoint-every': 100,
    },
  },
  {
    name: 'reread',
    scenes: ['larger'],
    file: 'examples.jsonl',
    perScene: MORE_CAPTIONS,
    options: {
      ...TEXT,
      'loss-mean': 'token',
      'learning-rate': 0.0009,
      warmup: 0.03,
      'location-spread': 3,
      'code-spread': 0.8,
      'evaluate-every': 600,
      'checkpoint-every': 100,
    },
  },
  {
    name: 'together',
    scenes: ['more'],
    file: 'examples.jsonl',
    perScene: MORE_CAPTIONS,
    options: {
      ...ALL,
      'learning-rate': 0.0002,
      'location-spread': 1.5,
      'code-spread': 0.5,
      'evaluate-every': 250,
      'checkpoint-every': 100,
    },
  },
  {
    name: 'letters-again',
    scenes: ['more'],
    file: 'points.jsonl',
    options: {
      ...TOWER,
      epochs: 1,
      'learning-rate': 0.0003,
      warmup: 0.05,
      'location-spread': 4,
      'evaluate-every': 2000,
      'checkpoint-every': 100,
    },
  },
  {
    name: 'finish',
    scenes: ['last'],
    file: 'examples.jsonl',
    perScene: { caption: 2, ocr: 1, detect: 2, segment: 2, answer: 1 },
    lines: 92_000,
    options: {
      ...ALL,
      'learning-rate': 0.00025,
      'location-spread': 1,
      'code-spread': 0.4,
      'evaluate-every': 600,
      'checkpoint-every': 100,
    },
  },
];
