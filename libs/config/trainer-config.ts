import { z } from 'zod';
import {
  flag,
  heartbeatFits,
  holderConfig,
  modelName,
  parseEnvironment,
  pipelineEnv,
  positive,
  sharedEnv,
  type HolderConfig,
} from './shared.js';

const trainerEnv = z
  .object({
    ...sharedEnv,
    ...pipelineEnv,
    WORK_DIRECTORY: z.string().min(1),
    MODELS_DIRECTORY: z.string().min(1),
    BASES_DIRECTORY: z.string().min(1).optional(),
    BASE_DIRECTORY: z.string().min(1).optional(),
    BASE_NAME: modelName.optional(),
    TRAIN_MODULE: z.string().optional(),
    TRAINING_THREADS: z.coerce.number().int().positive().optional(),
    TRAINING_SILENCE_MS: positive(3_600_000),
    CLAIM_MS: positive(1_000),
    SERVE_MODELS: flag.default(true),
    SERVED_MODELS: positive(1),
    SERVED_IDLE_MS: positive(60_000),
  })
  .refine(...heartbeatFits)
  .refine((env) => (env.BASE_DIRECTORY === undefined) === (env.BASE_NAME === undefined), {
    path: ['BASE_NAME'],
    message: 'goes with BASE_DIRECTORY',
  });

export interface TrainerConfig extends HolderConfig {
  /** Of this machine alone: data and checkpoints of the training under way. */
  readonly workDirectory: string;
  /** Imported models, as `pallet models` keeps them. */
  readonly modelsDirectory: string;
  /** Each folder in it with a config.json is a base of that name. */
  readonly basesDirectory: string | undefined;
  /** One more base. */
  readonly base: { readonly name: string; readonly directory: string } | undefined;
  /** Path of a module that exports another `train`. */
  readonly trainModule: string | undefined;
  readonly threads: number | undefined;
  /** A training that says nothing for so long is killed, and goes on from its last checkpoint. */
  readonly silenceMs: number;
  /** Pause between looks for a job. */
  readonly claimMs: number;
  /** Starts workers for fine-tuned models while jobs name them: so many at once, or none. */
  readonly servedModels: number;
  /** A worker that no job has needed for so long is stopped. */
  readonly servedIdleMs: number;
}

export function loadTrainerConfig(env: NodeJS.ProcessEnv): TrainerConfig {
  const parsed = parseEnvironment(trainerEnv, env);
  const { BASE_NAME: name, BASE_DIRECTORY: directory } = parsed;
  return Object.freeze({
    ...holderConfig(parsed),
    workDirectory: parsed.WORK_DIRECTORY,
    modelsDirectory: parsed.MODELS_DIRECTORY,
    basesDirectory: parsed.BASES_DIRECTORY,
    base: name === undefined || directory === undefined ? undefined : { name, directory },
    trainModule: parsed.TRAIN_MODULE,
    threads: parsed.TRAINING_THREADS,
    silenceMs: parsed.TRAINING_SILENCE_MS,
    claimMs: parsed.CLAIM_MS,
    servedModels: parsed.SERVE_MODELS ? parsed.SERVED_MODELS : 0,
    servedIdleMs: parsed.SERVED_IDLE_MS,
  });
}
