import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { AppError } from '#contracts';
import { readSafetensors } from '../../checkpoint/safetensors-file.js';
import { readFloats } from '../../checkpoint/tensor-reader.js';
import { SafetensorsWriter } from '../../import/safetensors-writer.js';
import type { LearnedTensor } from '../graph/learned-tensors.js';
import type { LearnerState } from '../step/learner-state.js';

const FOLDER = 'checkpoints';
const PARTS = ['weights', 'first', 'second'] as const;
/** The newest and the one before it: the newest may turn out damaged. */
const KEPT = 2;

/**
 * Writes `checkpoints/STEP/`: state.safetensors, whose tensors are `weights/NAME`, `first/NAME` and `second/NAME`, bit for
 * bit. It appears whole or not at all. Output: its folder.
 */
export async function saveState(run: string, state: LearnerState): Promise<string> {
  const folder = join(run, FOLDER, String(state.step));
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const tensors = PARTS.flatMap((part) =>
    [...state[part]].map(([name, tensor]) => ({ name: `${part}/${name}`, tensor })),
  );
  const writer = await SafetensorsWriter.create(
    join(partial, 'state.safetensors'),
    tensors.map(({ name, tensor }) => ({ name, type: 'float32', shape: tensor.dims })),
  );
  for (const { name, tensor } of tensors) {
    const { buffer, byteOffset, byteLength } = tensor.data as Float32Array;
    await writer.write(name, new Uint8Array(buffer, byteOffset, byteLength));
  }
  await writer.finish();
  await writeFile(join(partial, 'state.json'), JSON.stringify({ step: state.step }));
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  const old = (await savedSteps(run)).slice(0, -KEPT);
  for (const step of old) await rm(join(run, FOLDER, String(step)), { recursive: true });
  return folder;
}

/** The newest state of a run that is there, if one is. Errors: `training.bad_checkpoint`. */
export async function findState(
  run: string,
  learned: readonly LearnedTensor[],
): Promise<LearnerState | undefined> {
  const step = (await savedSteps(run)).at(-1);
  if (step === undefined) return undefined;
  const folder = join(run, FOLDER, String(step));
  try {
    return await readState(folder, learned);
  } catch (cause) {
    throw new AppError(
      'training.bad_checkpoint',
      `${folder} cannot be resumed from: ${(cause as Error).message}. Remove it: the run goes on from the one before.`,
      { cause, context: { folder } },
    );
  }
}

async function readState(folder: string, learned: readonly LearnedTensor[]): Promise<LearnerState> {
  const { step } = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as {
    step: number;
  };
  const stored = new Map(
    (await readSafetensors(join(folder, 'state.safetensors'))).map((tensor) => [
      tensor.name,
      tensor,
    ]),
  );
  const part = (name: (typeof PARTS)[number]): Map<string, Tensor> => {
    const found = new Map<string, Tensor>();
    for (const { name: tensor, shape } of learned) {
      const at = stored.get(`${name}/${tensor}`);
      if (at === undefined) continue;
      if (at.shape.join() !== shape.join())
        throw new Error(`${at.name} is [${at.shape}], not [${shape}]`);
      found.set(tensor, new Tensor('float32', readFloats(at), shape));
    }
    return found;
  };
  const weights = part('weights');
  const missing = learned.find(({ name }) => !weights.has(name));
  if (missing) throw new Error(`${missing.name} is missing`);
  return { step, weights, first: part('first'), second: part('second') };
}

async function savedSteps(run: string): Promise<number[]> {
  const names = await readdir(join(run, FOLDER)).catch(() => []);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
}
