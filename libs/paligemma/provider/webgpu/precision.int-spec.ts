import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../engine-folder/open-model.js';
import { checkpointFolder, goldenPicture, loadGolden } from '../../golden-fixture.js';
import { CpuModelRunner } from '../../generation/cpu-model-runner.js';
import { importCheckpoint } from '../../import/import-checkpoint.js';
import { HAS_WEBGPU, useSwiftShader } from './swiftshader-fixture.js';
import { WebGpuModelRunner } from './webgpu-model-runner.js';

const NAME = 'tiny-paligemma2';
const LONG = 120_000;
useSwiftShader();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webgpu-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Runner = typeof CpuModelRunner | typeof WebGpuModelRunner;

async function logitsOf(engine: string, Runner: Runner): Promise<Float32Array> {
  const { golden } = loadGolden(NAME);
  const { input_ids, image_seed } = golden.prefill[0]!;
  const runner = await Runner.open(await openModel(engine), {
    slots: 1,
    maxTokens: 256,
    vocabularySize: golden.allowed_tokens,
    threads: 1,
  });
  try {
    const image = await runner.encode(goldenPicture(image_seed, golden.image_size));
    return await runner.logits(image, input_ids, 4);
  } finally {
    await runner.close();
  }
}

/** Root of the mean squared difference, over that of the reference. */
function relativeError(actual: Float32Array, reference: Float32Array): number {
  let error = 0;
  let size = 0;
  reference.forEach((value, index) => {
    error += (actual[index]! - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(error / size);
}

/** Of a precision: logits of the CPU and of the GPU, and the reference's, which knows no precision. */
async function compare(precision: 'f16' | 'int8' | 'int4') {
  const engine = join(folder, precision);
  await importCheckpoint(checkpointFolder(NAME), engine, { precision });
  const reference = await logitsOf(checkpointFolder(NAME), CpuModelRunner);
  const cpu = await logitsOf(engine, CpuModelRunner);
  const gpu = await logitsOf(engine, WebGpuModelRunner);
  return {
    ofGpu: relativeError(gpu, reference),
    ofCpu: relativeError(cpu, reference),
    between: relativeError(gpu, cpu),
  };
}

describe.skipIf(!HAS_WEBGPU)('WebGPU', () => {
  it('reads f16 weights', { timeout: LONG }, async () => {
    expect((await compare('f16')).between).toBeLessThan(1e-5);
  });

  it('is nearer to the exact answer in int8 than the CPU', { timeout: LONG }, async () => {
    // Activations stay float32.
    const { ofGpu, ofCpu } = await compare('int8');
    expect(ofGpu).toBeLessThan(0.08);
    expect(ofGpu).toBeLessThan(ofCpu);
  });

  it('reads int4 weights as the CPU does', { timeout: LONG }, async () => {
    // So small a model loses much in int4; what the CPU's int8 activations add is all that may differ.
    const { ofGpu, between } = await compare('int4');
    expect(ofGpu).toBeGreaterThan(0.2);
    expect(between).toBeLessThan(0.06);
  });
});
