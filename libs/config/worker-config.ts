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

const workerEnv = z
  .object({
    ...sharedEnv,
    ...pipelineEnv,
    MODEL_DIRECTORY: z.string().min(1),
    MODEL_NAME: modelName,
    MODEL_NOTE: z.string().max(1000).optional(),
    ENGINE_MODULE: z.string().optional(),
    SHARD_CONCURRENCY: positive(4),
    PROVIDER: z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'),
    // Set by whoever shares out GPUs; the one that is ours is asked for its figures.
    CUDA_VISIBLE_DEVICES: z.string().optional(),
    SLOTS: positive(8),
    HOST_SILENCE_MS: positive(120_000),
    IMAGE_PIXELS: positive(64_000_000),
    ANSWER_CACHE: flag.default(true),
  })
  .refine(...heartbeatFits);

export interface WorkerConfig extends HolderConfig {
  readonly modelDirectory: string;
  readonly modelName: string;
  readonly modelNote: string | null;
  /** Path of a module that exports another `openEngine`. */
  readonly engineModule: string | undefined;
  readonly shardConcurrency: number;
  /** What computes the model. */
  readonly provider: 'cpu' | 'webgpu' | 'cuda';
  /** The GPU that the engine sees, by number or UUID; undefined: the machine's first. */
  readonly gpu: string | undefined;
  /** Sequences that the model decodes at once. */
  readonly slots: number;
  /** An engine host that holds work and says nothing for so long is killed. */
  readonly hostSilenceMs: number;
  /** Larger images are refused before they are decoded. */
  readonly imagePixels: number;
  /** Takes answers that are known, for jobs that do not say otherwise. */
  readonly answerCache: boolean;
}

export function loadWorkerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const parsed = parseEnvironment(workerEnv, env);
  return Object.freeze({
    ...holderConfig(parsed),
    modelDirectory: parsed.MODEL_DIRECTORY,
    modelName: parsed.MODEL_NAME,
    modelNote: parsed.MODEL_NOTE ?? null,
    engineModule: parsed.ENGINE_MODULE,
    shardConcurrency: parsed.SHARD_CONCURRENCY,
    provider: parsed.PROVIDER,
    gpu: parsed.CUDA_VISIBLE_DEVICES?.split(',')[0]?.trim() || undefined,
    slots: parsed.SLOTS,
    hostSilenceMs: parsed.HOST_SILENCE_MS,
    imagePixels: parsed.IMAGE_PIXELS,
    answerCache: parsed.ANSWER_CACHE,
  });
}
