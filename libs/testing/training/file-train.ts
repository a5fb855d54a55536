/**
 * A training for faults, run by the real training host: it reads every line and every image, keeps its state
 * in real checkpoints, and what it ends with is a function of all of them in their order. So a checker can
 * tell a run that went on from its last checkpoint from one that began again, left out or doubled a step.
 *
 * It is as fast, and goes as far, as `control.ts` says. A line whose suffix has a trigger in it misbehaves:
 * `PALLET-TEST-CRASH` kills the host, `PALLET-TEST-HANG` blocks it for good, `PALLET-TEST-REFUSE` is refused like data that cannot be trained on.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#contracts';
import { readControl } from './control.js';

interface Example {
  readonly image: string;
  readonly prefix: string;
  readonly suffix: string;
}

interface FileTraining {
  readonly base: string;
  readonly data: string;
  /** Held-out examples: they are not read, but there being some, scores are told. */
  readonly validation?: string;
  readonly output: string;
  readonly recipe: {
    readonly epochs: number;
    readonly checkpointEvery: number;
    readonly evaluateEvery: number;
  };
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: object) => void;
}

const HELD_LOOK_MS = 10;

/** What the last step leaves is `trained` in the result, and in a model made of it: tokenizer_config.json. */
export const trainedState = (state: string, line: string, image: Uint8Array): string =>
  createHash('sha256').update(state).update(line).update(image).digest('hex');

export async function train(options: FileTraining) {
  const { base, data, validation, output, recipe, signal, onEvent } = options;
  await mkdir(output, { recursive: true });
  const { stepMs = 0, holdAt } = readControl(base);
  const examples = await readExamples(data);
  const steps = examples.length * recipe.epochs;
  let { step, state } = findCheckpoint(output);
  onEvent?.({
    kind: 'started',
    examples: examples.length,
    steps,
    resumedAt: step,
    trainedParameters: 1,
  });
  while (step < steps) {
    const example = examples[step % examples.length]!;
    if (example.suffix.includes('PALLET-TEST-CRASH')) process.kill(process.pid, 'SIGKILL');
    if (example.suffix.includes('PALLET-TEST-HANG')) for (;;);
    if (holdAt !== undefined) await untilFree(base, step, signal);
    await sleep(stepMs);
    const image = await readFile(join(dirname(data), example.image));
    state = trainedState(state, `${example.prefix} ${example.suffix}`, image);
    step += 1;
    await appendFile(join(output, 'log.jsonl'), `${JSON.stringify({ step, state })}\n`);
    const told = { learningRate: 0.1, gradientNorm: 1, examplesPerSecond: 1 };
    onEvent?.({ kind: 'step', step, loss: 1 / step, ...told });
    if (validation !== undefined && step % recipe.evaluateEvery === 0) {
      const metrics = { 'caption.token_f1': step / steps };
      onEvent?.({ kind: 'evaluation', step, loss: 2 / step, metrics });
    }
    const isLast = step === steps || signal?.aborted === true;
    if (isLast || step % recipe.checkpointEvery === 0) {
      onEvent?.({ kind: 'checkpoint', step, folder: await save(output, step, state) });
    }
    if (signal?.aborted && step < steps) {
      onEvent?.({ kind: 'stopped', step });
      return { end: 'stopped', step, result: undefined };
    }
  }
  const result = await writeResult(base, output, state);
  onEvent?.({ kind: 'finished', step, result });
  return { end: 'finished', step, result };
}

/** Resolves when the step after this one may be done, or the training is stopped. */
async function untilFree(base: string, step: number, signal?: AbortSignal): Promise<void> {
  while (readControl(base).holdAt === step) {
    if (signal?.aborted) return;
    await sleep(HELD_LOOK_MS);
  }
}

async function readExamples(data: string): Promise<Example[]> {
  const text = await readFile(data, 'utf8');
  const examples = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Example);
  const lines = examples.flatMap(({ suffix }, index) =>
    suffix.includes('PALLET-TEST-REFUSE') ? [{ line: index + 1, detail: 'is refused' }] : [],
  );
  if (lines.length === 0) return examples;
  throw new AppError('training.bad_data', `Line ${lines[0]?.line} is refused.`, {
    context: { lines },
  });
}

function findCheckpoint(output: string): { step: number; state: string } {
  const folder = join(output, 'checkpoints');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
  const step = Math.max(0, ...names.map(Number));
  if (step === 0) return { step, state: '' };
  return { step, state: readFileSync(join(folder, `${step}`, 'state'), 'utf8') };
}

/** One is kept, as a trainer with little room would do; who wants another must have laid it aside. */
async function save(output: string, step: number, state: string): Promise<string> {
  const folder = join(output, 'checkpoints', `${step}`);
  await mkdir(`${folder}.partial`, { recursive: true });
  await writeFile(join(`${folder}.partial`, 'state'), state);
  await rename(`${folder}.partial`, folder);
  for (const name of readdirSync(join(output, 'checkpoints'))) {
    if (name !== `${step}`) rmSync(join(output, 'checkpoints', name), { recursive: true });
  }
  return folder;
}

async function writeResult(base: string, output: string, state: string): Promise<string> {
  const result = join(output, 'result');
  await rm(result, { recursive: true, force: true });
  cpSync(base, result, { recursive: true });
  // A tokenizer's settings travel into the model that is made of the result, and this with them.
  const settings = join(result, 'tokenizer_config.json');
  const parsed = JSON.parse(readFileSync(settings, 'utf8')) as object;
  await writeFile(settings, JSON.stringify({ ...parsed, trained: state }));
  return result;
}
