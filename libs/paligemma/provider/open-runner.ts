import { AppError } from '#contracts';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { ModelRunner } from '../generation/model-runner.js';
import { CpuModelRunner, type RunnerOptions } from '../generation/cpu-model-runner.js';
import { openCudaRunner } from './cuda/cuda-model-runner.js';
import { WebGpuModelRunner } from './webgpu/webgpu-model-runner.js';

/** What computes: the processor, any vendor's GPU through WebGPU, or NVIDIA's through CUDA. */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

type Open = (checkpoint: Checkpoint, options: RunnerOptions) => Promise<ModelRunner>;

const OPEN: Readonly<Record<Provider, Open>> = {
  cpu: (checkpoint, options) => CpuModelRunner.open(checkpoint, options),
  webgpu: (checkpoint, options) => WebGpuModelRunner.open(checkpoint, options),
  cuda: openCudaRunner,
};

/** Errors: `provider.unknown`, `provider.unavailable`, `provider.self_test_failed`, those of the runtime. */
export async function openRunner(
  provider: Provider,
  checkpoint: Checkpoint,
  options: RunnerOptions,
): Promise<ModelRunner> {
  // Named by configuration, so not always what the type says.
  if (Object.hasOwn(OPEN, provider)) return OPEN[provider](checkpoint, options);
  throw new AppError(
    'provider.unknown',
    `There is no provider "${provider}". Use one of: ${Object.keys(OPEN).join(', ')}.`,
    { context: { provider } },
  );
}
