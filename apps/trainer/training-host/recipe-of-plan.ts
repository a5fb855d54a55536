import { completePlan, type TuningPlan } from '#contracts';
import type { Optimiser, Recipe, Tuning } from '#paligemma';

/** big_vision's numbers for AdamW; its second moment forgets sooner than elsewhere. */
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const MOMENTUM = 0.9;

/** What a client ordered, in the words of the trainer. */
export function recipeOfPlan(ordered: TuningPlan): Recipe {
  const plan = completePlan(ordered);
  const given = plan.hyperparameters;
  if (given.learning_rate === undefined) throw new Error('A complete plan has a learning rate.');
  return {
    tuning: tuningOf(plan.method),
    seed: plan.seed,
    epochs: given.epochs,
    batchSize: given.batch_size,
    accumulation: given.accumulation,
    optimiser: optimiserOf(given),
    learningRate: given.learning_rate,
    warmup: given.warmup,
    schedule: given.schedule,
    clipNorm: given.clip_norm ?? undefined,
    textTokens: given.text_tokens,
    pack: given.pack,
    labelSmoothing: given.label_smoothing,
    lossMean: given.loss_mean,
    locationSpread: given.location_spread,
    codeSpread: given.code_spread,
    recomputes: given.recompute,
    checkpointEvery: given.checkpoint_every,
    evaluateEvery: given.evaluate_every,
  };
}

function tuningOf(method: TuningPlan['method']): Tuning {
  if (method.type === 'tower') return { kind: 'tower', questions: method.questions };
  if (method.type !== 'lora') return { kind: method.type };
  const { rank, alpha = 2 * rank, dropout, targets } = method;
  return { kind: 'lora', rank, alpha, dropout, targets };
}

function optimiserOf(given: TuningPlan['hyperparameters']): Optimiser {
  const weightDecay = given.weight_decay;
  return given.optimiser === 'adamw'
    ? { kind: 'adamw', ...ADAMW, weightDecay }
    : { kind: 'sgd', momentum: MOMENTUM, weightDecay };
}
