import { AppError } from '#contracts';
import { GraphBuilder, type Graph } from '#onnx';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { RunnerOptions } from '../../generation/cpu-model-runner.js';
import { cudaDialect } from '../../graph/dialect.js';
import { GraphSession } from '../../graph/graph-session.js';
import { LoopModelRunner } from './loop-model-runner.js';

/**
 * Runs PaliGemma on an NVIDIA GPU. Nobody has run it on one yet: its graphs were run on the CPU.
 * Errors: `provider.unsupported_precision`, `provider.unavailable`, and those of the runtime; nothing stays loaded
 * then.
 */
export async function openCudaRunner(
  checkpoint: Checkpoint,
  options: RunnerOptions,
): Promise<LoopModelRunner> {
  mustBeFloat(checkpoint);
  await requireCuda();
  return LoopModelRunner.open(checkpoint, { ...options, dialect: cudaDialect });
}

/** The runtime has no integer products for CUDA, and cannot open a loop whose body widens int8 weights. */
function mustBeFloat({ precision }: Checkpoint): void {
  if (precision === 'f16' || precision === 'f32') return;
  throw new AppError(
    'provider.unsupported_precision',
    `Provider "cuda" computes in f16 and f32, and the model is in ${precision}. Import the checkpoint again with --precision f16.`,
    { context: { precision } },
  );
}

/**
 * Says whether the runtime can use CUDA, before gigabytes are read for it. npm does not carry its libraries.
 * Errors: `provider.unavailable`.
 */
async function requireCuda(): Promise<void> {
  try {
    const probe = await GraphSession.open(probeGraph(), { weightFolder: '.', provider: 'cuda' });
    await probe.release();
  } catch (cause) {
    throw new AppError(
      'provider.unavailable',
      'Provider "cuda" cannot be loaded. It needs Linux on x64, an NVIDIA driver, CUDA and cuDNN 9, and libraries of the runtime that npm does not bring: fetch them with "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12", or load the model with provider "cpu" or "webgpu".',
      { cause, context: { reason: cause instanceof Error ? cause.message : String(cause) } },
    );
  }
}

function probeGraph(): Graph {
  const graph = new GraphBuilder('probe');
  const x = graph.input('x', 'float32', [1]);
  graph.output(graph.node('y', 'Neg', [x]), 'float32', [1]);
  return graph.build();
}
