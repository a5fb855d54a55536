import { z } from 'zod';

const LINEAR_LAYERS = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const;

/** Which weights learn. */
export const tuningMethodSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('full') }).describe('Every weight'),
    z
      .strictObject({ type: z.literal('text') })
      .describe('Text model and projector; pictures are encoded as they were'),
    z
      .strictObject({ type: z.literal('tower'), questions: z.int().min(1).max(256).default(1) })
      .describe(
        'Tower, projector and embedding, from lines {"image","points"}: for checkpoints that begin from nothing',
      ),
    z
      .strictObject({
        type: z.literal('lora'),
        rank: z.int().min(1).max(512).default(16),
        alpha: z.number().positive().max(4096).optional().describe('Default: twice the rank'),
        dropout: z.number().min(0).max(0.9).default(0),
        targets: z
          .array(z.enum(LINEAR_LAYERS))
          .min(1)
          .max(LINEAR_LAYERS.length)
          .default([...LINEAR_LAYERS])
          .describe("Last parts of the names of the text model's linear layers"),
      })
      .describe('Low-rank pairs beside frozen weights'),
  ])
  .meta({ id: 'TuningMethod' });
export type TuningMethod = z.infer<typeof tuningMethodSchema>;

const count = (most: number) => z.int().min(1).max(most);

/** How they learn. What is left out takes the default that the answer to the request shows. */
export const hyperparametersSchema = z
  .strictObject({
    epochs: count(10_000).default(3).describe('Passes over the training file'),
    batch_size: count(4096).default(8).describe('Examples that are computed together'),
    accumulation: count(4096).default(1).describe('Batches before one update'),
    learning_rate: z
      .number()
      .positive()
      .max(10)
      .optional()
      .describe('The highest. Default: 0.0001 for `lora`, 0.00001 else'),
    schedule: z.enum(['cosine', 'constant']).default('cosine'),
    warmup: z
      .number()
      .min(0)
      .lt(1)
      .default(0.05)
      .describe('Share of all updates in which the rate rises from 0'),
    optimiser: z.enum(['adamw', 'sgd']).default('adamw'),
    weight_decay: z.number().min(0).max(10).default(0),
    clip_norm: z.number().positive().nullable().default(1),
    text_tokens: count(8192)
      .default(128)
      .describe('Tokens of question and answer together; a longer example is an error'),
    pack: count(64)
      .default(1)
      .describe(
        'Examples in a row about one picture that share its encoding; more than 1 learns faster, but the picture then does not see the questions',
      ),
    label_smoothing: z.number().min(0).max(0.9).default(0),
    loss_mean: z
      .enum(['example', 'token'])
      .default('example')
      .describe('Mean over the tokens of each example first, or over all tokens of a batch'),
    location_spread: z
      .number()
      .min(0)
      .max(256)
      .default(0)
      .describe('Bins over which the target of a `<loc>` token spreads; 0 for the right one alone'),
    code_spread: z.number().min(0).max(256).default(0).describe('The same for `<seg>` tokens'),
    recompute: z.boolean().default(true).describe('Less memory, a third more time'),
    checkpoint_every: count(1_000_000).default(100).describe('Updates between two checkpoints'),
    evaluate_every: count(1_000_000).default(100).describe('Updates between two evaluations'),
  })
  .meta({ id: 'Hyperparameters' });
export type Hyperparameters = z.infer<typeof hyperparametersSchema>;

export const seedSchema = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** All that decides what a training computes, next to its data and its base. */
export const tuningPlanSchema = z.object({
  method: tuningMethodSchema,
  hyperparameters: hyperparametersSchema,
  seed: seedSchema,
});
export type TuningPlan = z.infer<typeof tuningPlanSchema>;

/** Input: a plan as a client wrote it. Output: with the defaults that hang on the method. */
export function completePlan({ method, hyperparameters, seed }: TuningPlan): TuningPlan {
  return {
    method: method.type === 'lora' ? { ...method, alpha: method.alpha ?? 2 * method.rank } : method,
    hyperparameters: {
      ...hyperparameters,
      learning_rate: hyperparameters.learning_rate ?? (method.type === 'lora' ? 1e-4 : 1e-5),
    },
    seed,
  };
}
