import { AppError } from '#contracts';
import type { Recipe } from '../recipe.js';

const TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

/** Errors: `training.bad_recipe`, with all that is wrong. */
export function checkRecipe(recipe: Recipe): void {
  const faults = [...numberFaults(recipe), ...optimiserFaults(recipe), ...tuningFaults(recipe)];
  if (faults.length === 0) return;
  throw new AppError(
    'training.bad_recipe',
    `The recipe cannot be followed: ${faults.join('; ')}.`,
    {
      context: { faults },
    },
  );
}

function numberFaults(recipe: Recipe): string[] {
  const whole = [
    'epochs',
    'batchSize',
    'accumulation',
    'textTokens',
    'pack',
    'checkpointEvery',
    'evaluateEvery',
  ] as const;
  const spreads = ['locationSpread', 'codeSpread'] as const;
  return [
    ...whole.flatMap((name) => (isWhole(recipe[name]) ? [] : [`${name} must be 1 or more, whole`])),
    ...spreads.flatMap((name) => (recipe[name] >= 0 ? [] : [`${name} must be 0 or more`])),
    ...(recipe.learningRate > 0 ? [] : ['learningRate must be above 0']),
    ...(isShare(recipe.warmup) ? [] : ['warmup must be at least 0 and below 1']),
    ...(isShare(recipe.labelSmoothing) ? [] : ['labelSmoothing must be at least 0 and below 1']),
    ...(Number.isSafeInteger(recipe.seed) ? [] : ['seed must be a whole number']),
    ...(recipe.clipNorm === undefined || recipe.clipNorm > 0 ? [] : ['clipNorm must be above 0']),
  ];
}

function optimiserFaults({ optimiser }: Recipe): string[] {
  const shares =
    optimiser.kind === 'adamw' ? [optimiser.beta1, optimiser.beta2] : [optimiser.momentum];
  return [
    ...(shares.every(isShare) ? [] : ['momentum and betas must be at least 0 and below 1']),
    ...(optimiser.weightDecay >= 0 ? [] : ['weightDecay must be 0 or more']),
    ...(optimiser.kind === 'sgd' || optimiser.epsilon > 0 ? [] : ['epsilon must be above 0']),
  ];
}

function tuningFaults({ tuning }: Recipe): string[] {
  if (tuning.kind === 'tower') {
    return isWhole(tuning.questions) ? [] : ['questions must be 1 or more, whole'];
  }
  if (tuning.kind !== 'lora') return [];
  const unknown = tuning.targets.filter((target) => !TARGETS.includes(target));
  return [
    ...(isWhole(tuning.rank) ? [] : ['rank must be 1 or more, whole']),
    ...(tuning.alpha > 0 ? [] : ['alpha must be above 0']),
    ...(isShare(tuning.dropout) ? [] : ['dropout must be at least 0 and below 1']),
    ...(tuning.targets.length > 0 ? [] : ['targets must name a layer']),
    ...unknown.map((target) => `there is no layer ${target}: take some of ${TARGETS.join(', ')}`),
  ];
}

const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
const isShare = (value: number): boolean => value >= 0 && value < 1;
