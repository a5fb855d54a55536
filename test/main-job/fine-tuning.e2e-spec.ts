import { cp, mkdir, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  parsePublicId,
  type FineTuning,
  type FineTuningEventPage,
  type StoredFile,
} from '#contracts';
import { writeControl } from '../../libs/testing/training/control.js';
import { TestClient } from '../rig/client.js';
import { kill } from '../rig/process.js';
import { compiled, REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';

const CHECKPOINT = join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma');
const PHOTOS = join(REPOSITORY, 'examples/photos');
const URL = '/v1/fine-tuning/jobs';
const ANSWER = 'cat';
const STEPS = 60;
const HYPERPARAMETERS = {
  epochs: STEPS,
  batch_size: 1,
  learning_rate: 0.02,
  text_tokens: 24,
  checkpoint_every: 10,
};

let system: System;
let client: TestClient;
let base: string;

beforeAll(async () => {
  system = await System.start({ workers: 0, env: { LEASE_MS: '3000', HEARTBEAT_MS: '500' } });
  client = new TestClient(system.url, system.apiKey);
  base = join(system.directory, 'bases', 'tiny');
  await mkdir(base, { recursive: true });
  await cp(CHECKPOINT, base, { recursive: true });
});
afterAll(() => system?.stop());

const startTrainer = (more: Record<string, string> = {}) =>
  system.startTrainer({
    BASES_DIRECTORY: join(system.directory, 'bases'),
    CLAIM_MS: '100',
    ENGINE_MODULE: '',
    ...more,
  });

/** Its trainings, which take milliseconds a step, wait at this one to be stopped or killed, until `letGo`. */
async function startTrainerThatHolds(holdAt: number) {
  await writeControl(base, { holdAt });
  return startTrainer({ TRAIN_MODULE: compiled('libs/testing/training/held-train.js') });
}
const letGo = (): Promise<void> => writeControl(base, {});

async function makeSet(names: readonly string[]): Promise<string> {
  const set = await client.createSet('photos');
  const files = names.map(async (name) => ({ name, bytes: await readFile(join(PHOTOS, name)) }));
  await client.upload(set.id, await Promise.all(files));
  return set.id;
}

async function createJob(
  photo: string,
  more: object,
  suffixes: readonly string[] = [ANSWER],
): Promise<FineTuning> {
  const lines = suffixes
    .map((suffix) => JSON.stringify({ image: photo, prefix: 'caption en', suffix }))
    .join('\n');
  const form = new FormData();
  form.append('file', new Blob([lines]), 'train.jsonl');
  const file = await client.request<StoredFile>('POST', '/v1/files', form);
  return client.request('POST', URL, {
    model: 'tiny',
    training_file: file.id,
    validation_file: file.id,
    image_set: await makeSet([photo]),
    seal: true,
    precision: 'f32',
    ...more,
  });
}

const OF_THE_RUN = ['log.jsonl', 'plot.svg', 'recipe.json'];
const RESULTS = {
  lora: ['adapter_config.json', 'adapter_model.safetensors', ...OF_THE_RUN],
  text: ['config.json', 'model.safetensors', 'tokenizer.json', ...OF_THE_RUN],
};

/** Names in the archive that the API hands out: each begins a block, before its mode. */
async function filesOfResult(id: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${system.apiKey}` };
  const response = await fetch(`${system.url}${URL}/${id}/result`, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(bytes.length).toBe(Number(response.headers.get('content-length')));
  const text = bytes.toString('latin1');
  // Where the trainer's folders lie is nobody's business.
  expect(text.includes(system.directory)).toBe(false);
  return [...text.matchAll(/([\w.]+)\0+0000644\0/g)].map(([, name]) => name!);
}

const hasEnded = (job: FineTuning): boolean => job.finished_at !== null;

async function untilJob(id: string, isThere: (job: FineTuning) => boolean): Promise<FineTuning> {
  for (;;) {
    const job = await client.request<FineTuning>('GET', `${URL}/${id}`);
    if (isThere(job)) return job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** State of the job's newest checkpoint, in the object store. */
async function checkpointOf({ id, checkpoint_step: step }: FineTuning): Promise<string> {
  const objects = join(system.directory, 'objects');
  const [file] = (await readdir(objects, { recursive: true })).filter(
    (path) =>
      path.includes(`${parsePublicId('tuning', id)}/checkpoints/${step}-`) &&
      path.endsWith('state.safetensors'),
  );
  return join(objects, file!);
}

/** Of the model that the job ended with, in the object store. */
async function weightsOf({ id }: FineTuning): Promise<Buffer> {
  const objects = join(system.directory, 'objects');
  const uuid = parsePublicId('tuning', id)!;
  const [file, ...others] = (await readdir(objects, { recursive: true })).filter(
    (path) => path.includes(`${uuid}/model-`) && path.endsWith('weights.safetensors'),
  );
  expect(others).toEqual([]);
  return readFile(join(objects, file!));
}

describe('a checkpoint that is fine-tuned on the server', () => {
  it.each(['text', 'lora'] as const)('answers as it was taught, by %s', async (type) => {
    const trainer = await startTrainer();
    const photo = (await photosOf())[0]!;
    const job = await createJob(photo, {
      method: { type },
      hyperparameters: { ...HYPERPARAMETERS, evaluate_every: 50 },
    });
    const done = await untilJob(job.id, hasEnded);
    expect(done).toMatchObject({
      state: 'succeeded',
      step: STEPS,
      checkpoint_step: STEPS,
      error: null,
    });
    const { data: events } = await client.request<FineTuningEventPage>(
      'GET',
      `${URL}/${job.id}/events?limit=1000`,
    );
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.data['loss']] : []));
    expect(losses).toHaveLength(STEPS);
    expect(Number(losses.at(-1))).toBeLessThan(Number(losses[0]) / 10);
    const evaluations = events.filter((event) => event.type === 'evaluation');
    expect(evaluations).toHaveLength(2);
    expect(evaluations[1]?.data['metrics']).toEqual({
      'caption.exact_match': 1,
      'caption.token_f1': 1,
    });
    expect(await filesOfResult(job.id)).toEqual(expect.arrayContaining(RESULTS[type]));
    const order = await client.createJob(
      await makeSet([photo]),
      [{ type: 'prompt', prompt: 'caption en' }],
      { model: done.fine_tuned_model },
    );
    expect(await client.finished(order.id, 120_000)).toMatchObject({ outcome: 'succeeded' });
    for await (const item of client.results(order.id)) expect(item.answers[0]?.text).toBe(ANSWER);
    await trainer.stop(30_000);
  });

  it('has the same weights when its trainer was killed on the way', async () => {
    const photo = (await photosOf())[0]!;
    const more = { method: { type: 'lora', dropout: 0.1 }, hyperparameters: HYPERPARAMETERS };
    const victim = await startTrainerThatHolds(15);
    const disturbed = await createJob(photo, more);
    await untilJob(disturbed.id, (job) => (job.checkpoint_step ?? 0) >= 10);
    kill(victim.pid, 'SIGKILL');
    expect((await untilJob(disturbed.id, () => true)).state).toBe('running');
    await letGo();
    await startTrainer();
    const undisturbed = await createJob(photo, more);
    for (const { id } of [disturbed, undisturbed]) {
      expect(await untilJob(id, hasEnded)).toMatchObject({ state: 'succeeded', step: STEPS });
    }
    const [one, other] = [await weightsOf(disturbed), await weightsOf(undisturbed)];
    expect(one.length).toBeGreaterThan(100_000);
    expect(one.equals(other)).toBe(true);
  });

  it('goes on from the checkpoint before one whose files are damaged', async () => {
    await stopTrainers();
    await startTrainerThatHolds(15);
    const job = await createJob((await photosOf())[0]!, {
      method: { type: 'lora' },
      hyperparameters: HYPERPARAMETERS,
    });
    await untilJob(job.id, ({ step }) => step >= 15);
    await client.request('POST', `${URL}/${job.id}/cancel`);
    const cancelled = await untilJob(job.id, hasEnded);
    expect(cancelled).toMatchObject({ state: 'cancelled', checkpoint_step: cancelled.step });
    await truncate(await checkpointOf(cancelled), 1000);
    await letGo();
    await client.request('POST', `${URL}/${job.id}/resume`);
    const done = await untilJob(job.id, hasEnded);
    expect(done).toMatchObject({ state: 'succeeded', step: STEPS });
    const { data: events } = await client.request<FineTuningEventPage>(
      'GET',
      `${URL}/${job.id}/events?limit=1000`,
    );
    const resumed = events.filter((event) => event.type === 'started').at(-1)?.data['resumed_at'];
    expect(Number(resumed)).toBeGreaterThan(0);
    expect(Number(resumed)).toBeLessThan(cancelled.step);
    expect(events.filter((event) => event.type === 'step')).toHaveLength(STEPS);
  });

  it('is not trained on lines that it cannot learn, which are named without our paths', async () => {
    await startTrainer();
    const suffixes = [ANSWER, '<loc9999> cat', ANSWER, ' '.repeat(3) + 'long '.repeat(200)];
    const more = { method: { type: 'text' }, hyperparameters: HYPERPARAMETERS };
    const job = await createJob((await photosOf())[0]!, more, suffixes);
    const { error, step } = await untilJob(job.id, hasEnded);
    expect([error?.code, step]).toEqual(['training.bad_data', 0]);
    expect(error?.lines.map(({ line }) => line)).toEqual([2, 4]);
    expect(error?.lines[0]?.detail).toContain('<loc9999>');
    expect(error?.detail).not.toContain(system.directory);
    expect(error?.detail).toContain('training_file.jsonl');
  });
});

async function stopTrainers(): Promise<void> {
  await Promise.all([...system.trainers].map((trainer) => trainer.stop(30_000)));
}

async function photosOf(): Promise<string[]> {
  return (await readdir(PHOTOS)).filter((name) => name.endsWith('.jpg')).toSorted();
}
