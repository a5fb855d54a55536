import type { Recipe } from '../recipe.js';

/**
 * Of update `step`, counted from 1, of `steps`: rises evenly to the highest over the warm-up, then falls along half a
 * cosine to 0, which it would reach at the update after the last.
 */
export function learningRateAt(
  step: number,
  steps: number,
  { learningRate, warmup, schedule }: Pick<Recipe, 'learningRate' | 'warmup' | 'schedule'>,
): number {
  const rising = Math.round(warmup * steps);
  if (step <= rising) return (learningRate * step) / rising;
  if (schedule === 'constant') return learningRate;
  const done = (step - 1 - rising) / (steps - rising);
  return (learningRate * (1 + Math.cos(Math.PI * done))) / 2;
}
