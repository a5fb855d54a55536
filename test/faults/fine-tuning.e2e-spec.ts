import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  parsePublicId,
  type FineTuning,
  type FineTuningCheckpointPage,
  type FineTuningEventPage,
  type StoredFile,
} from '#contracts';
import { writeControl } from '../../libs/testing/training/control.js';
import { trainedState } from '../../libs/testing/training/file-train.js';
import { TestClient, type TestFile } from '../rig/client.js';
import { kill } from '../rig/process.js';
import { compiled, REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

const EPOCHS = 4;
const IMAGES = 5;
const STEPS = EPOCHS * IMAGES;
const URL = '/v1/fine-tuning/jobs';
const CHECKPOINT = join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma');

let system: System;
let client: TestClient;
let bases: string;
let env: Record<string, string>;

beforeAll(async () => {
  system = await System.start({ workers: 0, env: { LEASE_MS: '3000', HEARTBEAT_MS: '500' } });
  client = new TestClient(system.url, system.apiKey);
  bases = join(system.directory, 'bases');
  for (const name of ['quick', 'held']) {
    await mkdir(join(bases, name), { recursive: true });
    await cp(CHECKPOINT, join(bases, name), { recursive: true });
  }
  env = {
    BASES_DIRECTORY: bases,
    TRAIN_MODULE: compiled('libs/testing/training/file-train.js'),
    CLAIM_MS: '100',
  };
});
afterAll(() => system?.stop());

/** Trainings on that base come so far, and wait there until `letGo`: what happens to them happens on the way. */
const holdAt = (step: number): Promise<void> => writeControl(join(bases, 'held'), { holdAt: step });
const letGo = (): Promise<void> => writeControl(join(bases, 'held'), {});

const images = Array.from({ length: IMAGES }, (_, n) => tinyImage(n));
const lineOf = ({ name }: TestFile, suffix = `answer to ${name}`) => ({
  image: name,
  prefix: 'caption en',
  suffix,
});

async function uploadLines(lines: readonly (object | string)[]): Promise<StoredFile> {
  const text = lines
    .map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
    .join('\n');
  const form = new FormData();
  form.append('purpose', 'fine-tune');
  form.append('file', new Blob([text]), 'train.jsonl');
  return client.request('POST', '/v1/files', form);
}

async function createJob(
  base: string,
  lines: readonly (object | string)[] = images.map((image) => lineOf(image)),
): Promise<FineTuning> {
  const set = await client.createSet('pictures');
  await client.upload(set.id, images);
  return client.request('POST', URL, {
    model: base,
    training_file: (await uploadLines(lines)).id,
    image_set: set.id,
    seal: true,
    method: { type: 'text' },
    hyperparameters: { epochs: EPOCHS, checkpoint_every: 3 },
    suffix: 'test',
  });
}

/** Polls until `isThere` says so. */
async function untilJob(
  id: string,
  isThere: (job: FineTuning) => boolean,
  timeoutMs = 120_000,
): Promise<FineTuning> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const job = await client.request<FineTuning>('GET', `${URL}/${id}`);
    if (isThere(job)) return job;
    if (Date.now() > deadline) throw new Error(`job stays ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const untilEnded = (id: string) =>
  untilJob(id, ({ state }) => ['succeeded', 'failed', 'cancelled'].includes(state));

const eventsOf = async (id: string) =>
  (await client.request<FineTuningEventPage>('GET', `${URL}/${id}/events?limit=1000`)).data;

/** Every step once, in order, and numbers without gaps. */
async function checkEvents(id: string): Promise<void> {
  const events = await eventsOf(id);
  expect(events.map((event) => event.n)).toEqual(events.map((_, index) => index + 1));
  const steps = events.filter((event) => event.type === 'step').map((event) => event.step);
  expect(steps).toEqual(Array.from({ length: STEPS }, (_, index) => index + 1));
}

/** What the training ended with, read from the model in the object store. */
async function trainedOf(job: FineTuning): Promise<string> {
  const uuid = parsePublicId('tuning', job.id)!;
  const objects = join(system.directory, 'objects');
  const files = await readdir(objects, { recursive: true });
  const found = files.filter(
    (file) => file.includes(`fine-tuning/${uuid}/model-`) && file.endsWith('tokenizer_config.json'),
  );
  expect(found).toHaveLength(1);
  const text = await readFile(join(objects, found[0]!), 'utf8');
  return (JSON.parse(text) as { trained: string }).trained;
}

/** Resolves when the first training of the job has done its last step, whether or not anybody heard of it. */
async function untilTrained(id: string): Promise<void> {
  const homes = (await readdir(system.directory)).filter((name) => name.startsWith('trainer-'));
  const run = join('work', parsePublicId('tuning', id)!, '1', 'run', 'log.jsonl');
  for (;;) {
    const logs = homes.map((home) => readFile(join(system.directory, home, run), 'utf8'));
    const told = await Promise.all(logs.map((log) => log.catch(() => '')));
    if (told.some((text) => text.trimEnd().split('\n').length === STEPS)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The same of a training that nothing ever disturbed. */
function undisturbed(): string {
  let state = '';
  for (let step = 0; step < STEPS; step += 1) {
    const image = images[step % IMAGES]!;
    const { prefix, suffix } = lineOf(image);
    state = trainedState(state, `${prefix} ${suffix}`, image.bytes);
  }
  return state;
}

async function expectWhole(id: string): Promise<FineTuning> {
  const job = await untilEnded(id);
  expect(job).toMatchObject({ state: 'succeeded', step: STEPS, steps: STEPS, error: null });
  await checkEvents(id);
  expect(await trainedOf(job)).toBe(undisturbed());
  return job;
}

describe('fine-tuning', () => {
  it('ends as a model that jobs can name at once', async () => {
    const trainer = await system.startTrainer(env);
    const job = await expectWhole((await createJob('quick')).id);
    expect(job.fine_tuned_model).toMatch(/^ft-quick-test-[0-9a-f]{8}$/);
    const set = await client.createSet('new pictures');
    await client.upload(set.id, images);
    const order = await client.createJob(set.id, [{ type: 'ocr' }], {
      model: job.fine_tuned_model,
    });
    const answered = await client.finished(order.id, 120_000);
    expect(answered).toMatchObject({ outcome: 'succeeded', model: job.fine_tuned_model });
    await trainer.stop(30_000);
  });

  it('goes on elsewhere from its last checkpoint when its trainer is killed', async () => {
    await holdAt(5);
    const first = await system.startTrainer(env);
    const { id } = await createJob('held');
    await untilJob(id, (job) => (job.checkpoint_step ?? 0) >= 3);
    kill(first.pid, 'SIGKILL');
    await letGo();
    await system.startTrainer(env);
    await expectWhole(id);
    const events = await eventsOf(id);
    const starts = events.filter((event) => event.type === 'started');
    expect(starts).toHaveLength(2);
    expect(starts[1]?.data['resumed_at']).toBeGreaterThanOrEqual(3);
    await stopTrainers();
  });

  it('is not disturbed by a paused trainer that wakes', async () => {
    await holdAt(5);
    const paused = await system.startTrainer(env);
    const { id } = await createJob('held');
    await untilJob(id, (job) => (job.checkpoint_step ?? 0) >= 3);
    kill(paused.pid, 'SIGSTOP');
    // Its own training comes to its end without it, and it has all of that to tell.
    await letGo();
    await untilTrained(id);
    await holdAt(11);
    await system.startTrainer(env);
    await untilJob(id, (job) => (job.checkpoint_step ?? 0) >= 9);
    kill(paused.pid, 'SIGCONT');
    await letGo();
    const job = await expectWhole(id);
    expect((await eventsOf(id)).filter((event) => event.type === 'succeeded')).toHaveLength(1);
    await stopTrainers();
    expect(await untilEnded(id)).toEqual(job);
  });

  it('stops after the step under way when it is cancelled, and can be resumed', async () => {
    await holdAt(4);
    await system.startTrainer(env);
    const { id } = await createJob('held');
    await untilJob(id, (job) => job.step >= 4);
    await client.request('POST', `${URL}/${id}/cancel`);
    const cancelled = await untilEnded(id);
    expect(cancelled).toMatchObject({ state: 'cancelled', checkpoint_step: cancelled.step });
    expect(cancelled.step).toBeLessThan(STEPS);
    // Else the last checkpoint may overtake the one before it, which is left out then.
    await holdAt(18);
    await client.request('POST', `${URL}/${id}/resume`);
    await untilJob(id, (job) => (job.checkpoint_step ?? 0) >= 18);
    await letGo();
    await expectWhole(id);
    const starts = (await eventsOf(id)).filter((event) => event.type === 'started');
    expect(starts[1]?.data['resumed_at']).toBe(cancelled.step);
    const checkpoints = await client.request<FineTuningCheckpointPage>(
      'GET',
      `${URL}/${id}/checkpoints`,
    );
    expect(checkpoints.data.map((each) => each.step)).toEqual([STEPS, 18]);
    await stopTrainers();
  });

  it('is given back with a checkpoint by a trainer that is told to stop', async () => {
    await holdAt(4);
    const first = await system.startTrainer(env);
    const { id } = await createJob('held');
    await untilJob(id, (job) => job.step >= 4);
    expect(await first.stop(30_000)).toMatchObject({ code: 0 });
    const waiting = await untilJob(id, () => true);
    expect(waiting).toMatchObject({ state: 'queued', checkpoint_step: waiting.step });
    await letGo();
    await system.startTrainer(env);
    await expectWhole(id);
    await stopTrainers();
  });

  it('is ended when its training hangs again and again', async () => {
    await system.startTrainer({ ...env, TRAINING_SILENCE_MS: '1500' });
    const [first, second] = images.map((image) => lineOf(image));
    const job = await createJob('quick', [first!, { ...second!, suffix: 'PALLET-TEST-HANG' }]);
    const failed = await untilEnded(job.id);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'training.crashed' } });
    await stopTrainers();
  });

  it('fails with the bad lines named, and other jobs go on', async () => {
    await system.startTrainer(env);
    const [first, second, third] = images.map((image) => lineOf(image));
    const bad = await createJob('quick', [
      first!,
      '{"image": 7}',
      '',
      { ...second!, image: '../../etc/passwd' },
      { ...third!, suffix: ' ' },
    ]);
    const refused = await createJob('quick', [
      first!,
      { ...second!, suffix: 'PALLET-TEST-REFUSE' },
    ]);
    const deadly = await createJob('quick', [first!, { ...second!, suffix: 'PALLET-TEST-CRASH' }]);
    const good = await createJob('quick');
    const failed = await untilEnded(bad.id);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'training.bad_data' } });
    expect(failed.error?.lines.map(({ file, line }) => [file, line])).toEqual(
      [2, 4, 5].map((line) => ['training_file', line]),
    );
    expect(failed.error?.lines[1]?.detail).toContain('etc/passwd');
    expect((await untilEnded(refused.id)).error?.lines).toEqual([
      { file: 'training_file', line: 2, detail: 'is refused' },
    ]);
    expect(await untilEnded(deadly.id)).toMatchObject({
      state: 'failed',
      error: { code: 'training.crashed' },
    });
    await expectWhole(good.id);
    await stopTrainers();
  });
});

async function stopTrainers(): Promise<void> {
  await Promise.all([...system.trainers].map((trainer) => trainer.stop(30_000)));
}
