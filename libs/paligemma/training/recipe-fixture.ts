/** For specs and benchmarks: a whole recipe, of which they say what matters to them. */
import type { Recipe } from './recipe.js';

export function recipeOf(changes: Partial<Recipe> = {}): Recipe {
  return {
    tuning: { kind: 'full' },
    seed: 1,
    epochs: 1,
    batchSize: 4,
    accumulation: 1,
    optimiser: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    learningRate: 1e-3,
    warmup: 0.1,
    schedule: 'cosine',
    clipNorm: 1,
    textTokens: 20,
    pack: 1,
    labelSmoothing: 0,
    lossMean: 'example',
    locationSpread: 0,
    codeSpread: 0,
    recomputes: false,
    checkpointEvery: 1,
    evaluateEvery: 1,
    ...changes,
  };
}
