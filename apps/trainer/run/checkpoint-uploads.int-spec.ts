import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { completePlan, fineTuningPrefix, hyperparametersSchema, newUuid } from '#contracts';
import {
  claimFineTuning,
  createFineTuning,
  Database,
  listFineTuningCheckpoints,
  migrate,
  type FineTuningLease,
} from '#database';
import { openObjectStore, type ObjectStore } from '#storage';
import { usePostgres } from '#testing';
import { CheckpointUploads } from './checkpoint-uploads.js';

const postgres = usePostgres();
let database: Database;
let store: ObjectStore;
let directory: string;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  directory = await mkdtemp(join(tmpdir(), 'pallet-checkpoints-'));
  store = openObjectStore(pathToFileURL(join(directory, 'objects')).href);
});
afterAll(async () => {
  await database?.close();
  await rm(directory, { recursive: true });
});
afterEach(() => void vi.restoreAllMocks());

async function claimNew(): Promise<FineTuningLease> {
  const [tenantId, trainingFile, base] = [newUuid(), newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await database.query(
    `INSERT INTO files (id, tenant_id, name, bytes, sha256) VALUES ($1, $2, 'a', 1, '\\x00')`,
    [trainingFile, tenantId],
  );
  const plan = completePlan({
    method: { type: 'full' },
    hyperparameters: hyperparametersSchema.parse({}),
    seed: 1,
  });
  const order = { tenantId, base, trainingFile, validationFile: null, setId: null, plan };
  const rest = { suffix: null, precision: 'int8', metadata: {} } as const;
  await database.transaction((tx) => createFineTuning(tx, { id: newUuid(), ...order, ...rest }));
  return (await claimFineTuning(database, newUuid(), [base], 60_000))!;
}

/** As the training host lays it aside: a checkpoint of some files. */
async function snapshotOf(lease: FineTuningLease, step: number) {
  const folder = join(directory, lease.jobId, String(step));
  await mkdir(folder, { recursive: true });
  for (const file of FILES) await writeFile(join(folder, file), `${file} of ${step}`);
  return { step, folder };
}

const FILES = ['log.jsonl', 'recipe.json', 'state.safetensors'];

async function stored(lease: FineTuningLease, step: number): Promise<string[]> {
  const { tenantId, jobId, fence } = lease;
  const prefix = `${fineTuningPrefix(tenantId, jobId)}/checkpoints/${step}-${fence}/`;
  const names: string[] = [];
  for await (const { key } of store.list(prefix)) names.push(key.slice(prefix.length));
  return names.toSorted();
}

function open(lease: FineTuningLease): CheckpointUploads {
  const lost = new AbortController().signal;
  const fail = (error: unknown): void => expect.fail(`${error}`);
  return new CheckpointUploads({ database, store }, lease, lost, fail, () => Promise.resolve());
}

/** The store takes nothing until `release`, as one that is slower than the training. */
function holdStore(): { release: () => void } {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const put = store.put.bind(store);
  vi.spyOn(store, 'put').mockImplementation(async (...given) => {
    await held;
    return put(...given);
  });
  return { release };
}

it('leaves out what is overtaken before its turn, and keeps the two newest whole', async () => {
  const lease = await claimNew();
  const uploads = open(lease);
  const { release } = holdStore();
  for (const step of [10, 20, 30]) uploads.add(await snapshotOf(lease, step));
  release();
  await uploads.finish();
  const there = await listFineTuningCheckpoints(database, lease.jobId, { limit: 10 });
  expect(there.map(({ step }) => step)).toEqual([30, 10]);
  expect(await stored(lease, 30)).toEqual(FILES);
  expect(await stored(lease, 10)).toEqual(FILES);
  expect(await stored(lease, 20)).toEqual([]);
});

it('that is told twice of a step while it waits, or is on its way, has it whole', async () => {
  const lease = await claimNew();
  const uploads = open(lease);
  const { release } = holdStore();
  const [first, second] = [await snapshotOf(lease, 10), await snapshotOf(lease, 20)];
  for (const snapshot of [first, first, second, second]) uploads.add(snapshot);
  release();
  await uploads.finish();
  const there = await listFineTuningCheckpoints(database, lease.jobId, { limit: 10 });
  expect(there.map(({ step }) => step)).toEqual([20, 10]);
  expect(await stored(lease, 20)).toEqual(FILES);
  expect(await stored(lease, 10)).toEqual(FILES);
});
