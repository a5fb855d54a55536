import { createHash } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newUuid, type ExportFormatName } from '#contracts';
import {
  cancelExport,
  claimExport,
  createExport,
  Database,
  findExport,
  migrate,
  type ExportRecord,
} from '#database';
import { openImageGuard } from '#intake';
import { newSecretsKey, SecretBox } from '#secrets';
import { openObjectStore, type ObjectStore } from '#storage';
import { createLogger } from '#telemetry';
import { makeTemporaryDirectory, removeDirectory, usePostgres, useS3 } from '#testing';
import { useBucketProxy, type Fault } from './bucket-proxy-fixture.js';
import type { ExportParts } from './export-parts.js';
import { Exporter } from './exporter.js';

const postgres = usePostgres();
const s3 = useS3();
const proxy = useBucketProxy(() => s3.endpoint());
const secrets = new SecretBox(newSecretsKey());
let database: Database;
let directory: string;
let store: ObjectStore;
let client: S3Client;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  directory = await makeTemporaryDirectory();
  store = openObjectStore(new URL(`file://${directory}`).href);
  client = new S3Client({
    region: 'us-east-1',
    endpoint: s3.endpoint(),
    forcePathStyle: true,
    credentials: s3.credentials,
  });
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.fault = () => undefined;
});
afterAll(async () => {
  client?.destroy();
  await database?.close();
  await removeDirectory(directory);
});

const LIMITS: ExportParts['limits'] = {
  leaseMs: 20_000,
  heartbeatMs: 50,
  timeoutMs: 20_000,
  retryMs: 0,
  imageBytes: 1_000_000,
};
const exporters: Exporter[] = [];
function exporter(more: Partial<ExportParts> = {}): Exporter {
  const one = new Exporter({
    database,
    store,
    secrets,
    guard: openImageGuard('127.0.0.0/8'),
    log: createLogger('dispatcher', 'silent'),
    limits: LIMITS,
    ...more,
  });
  exporters.push(one);
  return one;
}
afterAll(() => exporters.forEach((one) => one.close()));

/** A job of items whose answers are text of `itemBytes` each, that no packing makes smaller by much. */
async function makeJob(items: number, itemBytes: number) {
  const [tenantId, setId, jobId] = [newUuid(), newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1::uuid, $1::text)', [tenantId]);
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted, metadata) VALUES ($1, $2, 'sealed', $3, '{}')`,
    [setId, tenantId, items],
  );
  await database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1::uuid, n, n || '.jpg', sha256('x') FROM generate_series(0, $2::int - 1) AS n`,
    [setId, items],
  );
  await database.query(
    `INSERT INTO jobs (id, tenant_id, set_id, model, tasks, item_count, succeeded, state, lane, finished_at)
     VALUES ($1, $2, $3, 'default', '[{"type":"ocr"}]', $4, $4, 'completed', 'bulk', now())`,
    [jobId, tenantId, setId, items],
  );
  const answer = { task: 0, prompt: 'ocr\n', raw: '', boxes: [], confidence: 0.5, tokens: 5 };
  await database.query(
    `INSERT INTO items (job_id, n, state, attempts, answers, width, height)
     SELECT $1::uuid, n, 'succeeded', 1, jsonb_build_array($4::jsonb || jsonb_build_object(
       'end_reason', 'eos', 'warnings', '[]'::jsonb, 'text', rpad(md5(n::text), $3::int, md5((n + 1)::text)))), 40, 30
     FROM generate_series(0, $2::int - 1) AS n`,
    [jobId, items, itemBytes, JSON.stringify(answer)],
  );
  return { tenantId, jobId, items };
}
type MadeJob = Awaited<ReturnType<typeof makeJob>>;

interface Order {
  readonly format?: ExportFormatName;
  readonly place?: string;
  readonly endpoint?: string;
  readonly bucket?: string;
}

async function order(job: MadeJob, { format = 'jsonl', ...more }: Order = {}) {
  const { tenantId, jobId } = job;
  const id = newUuid();
  const bucket = more.bucket ?? `b-${id}`;
  const key = `out/all.${format === 'jsonl' ? 'jsonl' : 'zip'}`;
  if (more.bucket === undefined) await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const made = await createExport(database, {
    id,
    tenantId,
    jobId,
    format,
    partial: false,
    object: `s3://${bucket}/${key}`,
    itemsTotal: job.items,
    bucket: {
      region: 'us-east-1',
      endpoint: more.endpoint ?? proxy.url(),
      credentials: secrets.seal(JSON.stringify(s3.credentials), more.place ?? `export ${id}`),
    },
  });
  expect(made).toMatchObject({ state: 'queued' });
  const look = async (): Promise<ExportRecord> => (await findExport(database, tenantId, id))!;
  const isDue = () => database.query('UPDATE exports SET due_at = now() WHERE id = $1', [id]);
  const kept = async () => {
    const [row] = await database.query<{ bucket: object; upload_id: string | null; parts: number }>(
      `SELECT bucket, upload_id, (SELECT count(*)::int FROM export_parts WHERE export_id = id) AS parts
       FROM exports WHERE id = $1`,
      [id],
    );
    return row!;
  };
  return { id, bucket, key, look, isDue, kept };
}
type Ordered = Awaited<ReturnType<typeof order>>;

async function read(bucket: string, key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from(await Body!.transformToByteArray());
}

/** Names of what the bucket has. The server removes no bucket that has an open upload, and says nothing else of them. */
async function emptied(bucket: string): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  const keys = Contents.map(({ Key }) => Key!);
  for (const Key of keys) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  return keys;
}

async function expectWhole({ bucket, key, look, kept }: Ordered, items: number): Promise<string> {
  const record = await look();
  expect(record).toMatchObject({ state: 'completed', itemsRead: items, error: null });
  const body = await read(bucket, key);
  const sha256 = createHash('sha256').update(body).digest('hex');
  expect([record.sha256, record.bytes]).toEqual([sha256, body.length]);
  const manifest = JSON.parse((await read(bucket, `${key}.manifest.json`)).toString());
  expect(manifest.file).toMatchObject({ key, bytes: body.length, sha256 });
  expect(await kept()).toMatchObject({ upload_id: null, parts: 0 });
  expect((await kept()).bucket).not.toHaveProperty('credentials');
  expect(await emptied(bucket)).toEqual([key, `${key}.manifest.json`]);
  return sha256;
}

const parts = (): string[] => proxy.seen.filter((what) => what.startsWith('PUT part'));

describe('an export into a bucket', () => {
  it('that is small is put at once, with its manifest', async () => {
    const made = await order(await makeJob(3, 100), { format: 'coco' });
    expect(await exporter().step()).toBe(true);
    expect(proxy.seen).toEqual(['PUT object', 'PUT manifest']);
    await expectWhole(made, 3);
    expect(await exporter().step()).toBe(false);
  });

  it('is cut into parts, and made again it is the same', async () => {
    const job = await makeJob(1_200, 16_000);
    const hashes: string[] = [];
    for (let n = 0; n < 2; n++) {
      const made = await order(job);
      await exporter().step();
      hashes.push(await expectWhole(made, 1_200));
    }
    expect(hashes[0]).toBe(hashes[1]);
    expect(parts()).toEqual([1, 2, 3, 1, 2, 3].map((part) => `PUT part ${part}`));
  });

  it('whose holder dies is gone on with: what the bucket has is not sent again', async () => {
    const made = await order(await makeJob(1_200, 16_000));
    const dying = exporter();
    proxy.fault = async (what) => {
      if (what !== 'PUT part 3') return undefined;
      // Parts are sent together: those before it may still be on their way.
      await expect.poll(async () => (await made.kept()).parts).toBe(2);
      dying.stop();
      return 'drop';
    };
    await dying.step();
    expect(await made.look()).toMatchObject({ state: 'running' });
    expect(await made.kept()).toMatchObject({ parts: 2, upload_id: expect.any(String) });
    proxy.fault = () => undefined;
    proxy.seen.length = 0;
    await exporter().step();
    expect(proxy.seen).toEqual(['PUT part 3', 'POST upload', 'PUT manifest']);
    await expectWhole(made, 1_200);
  });

  it('whose holder wakes after its lease leaves no upload and overwrites nothing', async () => {
    const made = await order(await makeJob(1_200, 16_000));
    let wake = (): void => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    let held = (): void => undefined;
    const isHeld = new Promise<void>((resolve) => (held = resolve));
    proxy.fault = async (what) => {
      if (what !== 'POST uploads') return undefined;
      proxy.fault = () => undefined;
      held();
      await asleep;
      return undefined;
    };
    // Its heart does not beat, as that of a process that is frozen.
    const limits = {
      leaseMs: 60_000,
      heartbeatMs: 60_000,
      timeoutMs: 20_000,
      retryMs: 0,
      imageBytes: 1,
    };
    const late = exporter({ limits }).step();
    await isHeld;
    await made.isDue();
    await exporter().step();
    wake();
    await late;
    await expectWhole(made, 1_200);
  });

  it('whose upload somebody has removed is begun anew', async () => {
    const made = await order(await makeJob(1_200, 16_000));
    let isFirst = true;
    proxy.fault = (what): Fault | undefined => {
      if (what !== 'POST upload' || !isFirst) return undefined;
      isFirst = false;
      return { status: 404, code: 'NoSuchUpload' };
    };
    await exporter().step();
    expect(await made.kept()).toMatchObject({ parts: 0, upload_id: null });
    await exporter().step();
    expect(await made.look()).toMatchObject({ state: 'completed' });
    expect(parts()).toHaveLength(6);
  });

  it.each([
    ['soon', 50],
    ['too late', 20_000],
  ])(
    'that is cancelled in the middle, and hears of it %s, leaves nothing',
    async (_, heartbeatMs) => {
      const made = await order(await makeJob(1_200, 16_000));
      proxy.fault = async (what) => {
        if (what === 'PUT part 2') await cancelExport(database, made.id);
        return undefined;
      };
      const one = exporter({ limits: { ...LIMITS, heartbeatMs } });
      while (await one.step());
      expect(await made.look()).toMatchObject({ state: 'cancelled' });
      expect(await emptied(made.bucket)).toEqual([]);
    },
  );

  it('that is cancelled while nobody holds it takes back its upload', async () => {
    const made = await order(await makeJob(1_200, 16_000));
    const dying = exporter();
    proxy.fault = (what) => (what === 'PUT part 3' ? (dying.stop(), 'drop') : undefined);
    await dying.step();
    await cancelExport(database, made.id);
    expect(await made.look()).toMatchObject({ state: 'cancelling' });
    await exporter().step();
    expect(await made.look()).toMatchObject({ state: 'cancelled' });
    expect((await made.kept()).bucket).not.toHaveProperty('credentials');
    expect(await emptied(made.bucket)).toEqual([]);
  });

  it('of a job that changes while it is read is made again', async () => {
    const job = await makeJob(2, 100);
    const made = await order(job);
    let isFirst = true;
    const original = database.query.bind(database);
    database.query = (async (text: string, values?: unknown[]) => {
      const rows = await original(text, values as never);
      if (isFirst && text.includes('FROM items')) {
        isFirst = false;
        await original(`UPDATE jobs SET finished_at = now() + interval '1 s' WHERE id = $1`, [
          job.jobId,
        ]);
      }
      return rows;
    }) as typeof database.query;
    try {
      await exporter().step();
      expect(await made.look()).toMatchObject({ state: 'running' });
      expect(proxy.seen).toEqual([]);
      await exporter().step();
      await expectWhole(made, 2);
    } finally {
      database.query = original;
    }
  });
});

describe('an export that a bucket does not take', () => {
  it.each<[string, Order & { fault?: Fault }, string]>([
    ['without the right', { fault: { status: 403, code: 'AccessDenied' } }, 'bucket.denied'],
    ['that is not there', { bucket: 'missing' }, 'bucket.missing'],
    [
      'of another region',
      {
        fault: {
          status: 400,
          code: 'AuthorizationHeaderMalformed',
          message: "the region 'us-east-1' is wrong; expecting 'eu-central-1'",
        },
      },
      'bucket.wrong_region',
    ],
    [
      'that was moved',
      { fault: { status: 301, code: 'PermanentRedirect' } },
      'bucket.wrong_region',
    ],
    ['for a reason of its own', { fault: { status: 400, code: 'Strange' } }, 'bucket.refused'],
    [
      'at an address that is not public',
      { endpoint: 'http://169.254.169.254' },
      'outgoing.forbidden_address',
    ],
    ['with credentials of another', { place: 'export of somebody' }, 'secrets.unreadable'],
  ])('%s fails with the reason, and its owner is told', async (_, { fault, ...more }, code) => {
    const job = await makeJob(1, 10);
    const made = await order(job, more);
    proxy.fault = () => fault;
    const isOutside = more.endpoint !== undefined;
    await exporter(isOutside ? { guard: openImageGuard('') } : {}).step();
    const record = await made.look();
    expect([record.state, record.error?.code]).toEqual(['failed', code]);
    if (fault !== undefined && fault !== 'drop' && fault.message !== undefined) {
      expect(record.error!.detail).toContain('eu-central-1');
    }
    expect((await made.kept()).bucket).not.toHaveProperty('credentials');
    const told = await database.query<{ type: string; data: { error: { code: string } } }>(
      'SELECT type, data FROM webhook_events WHERE subject_id = $1',
      [made.id],
    );
    expect(told).toMatchObject([{ type: 'export.failed', data: { error: { code } } }]);
  });

  it('in the middle fails, and its upload is taken back', async () => {
    const made = await order(await makeJob(1_200, 16_000));
    proxy.fault = (what) =>
      what === 'PUT part 2' ? { status: 403, code: 'AccessDenied' } : undefined;
    await exporter().step();
    const record = await made.look();
    expect([record.state, record.error?.code]).toEqual(['failed', 'bucket.denied']);
    expect(record.error!.detail).not.toContain('left');
    expect(await emptied(made.bucket)).toEqual([]);
  });

  it('now is tried again with growing pauses, some times', async () => {
    const made = await order(await makeJob(1, 10), { endpoint: 'http://127.0.0.1:1' });
    const limits = {
      leaseMs: 20_000,
      heartbeatMs: 5_000,
      timeoutMs: 2_000,
      retryMs: 60_000,
      imageBytes: 1,
    };
    const one = exporter({ limits });
    for (let n = 0; n < 7; n++) {
      expect(await one.step()).toBe(true);
      expect(await made.look()).toMatchObject({ state: 'running' });
      expect(await claimExport(database, 1)).toBeUndefined();
      await made.isDue();
    }
    await one.step();
    expect(await made.look()).toMatchObject({
      state: 'failed',
      error: { code: 'bucket.unavailable' },
    });
  });
});
