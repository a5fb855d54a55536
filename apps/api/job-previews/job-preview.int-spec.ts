import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobPreviewSchema, newUuid, parsePublicId, publicId } from '#contracts';
import { claimShard, commitItems, forgetPreviews, numberQuestions } from '#database';
import { usePostgres } from '#testing';
import { useApi, type ApiRig } from '../spec-rig.js';

let tenant: Awaited<ReturnType<ApiRig['createTenant']>>;

const rig = useApi(usePostgres());
beforeAll(async () => {
  await rig.serveModel('default');
  await rig.database.query(`UPDATE models SET revision = 'r1'`);
});
beforeEach(async () => {
  tenant = await rig.createTenant();
  rig.queue.tickets.length = 0;
});

const IMAGES = 100;
const TASKS = [{ type: 'ocr' as const }];

async function makeSet(state: 'open' | 'sealed', images = IMAGES): Promise<string> {
  const id = newUuid();
  await rig.database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, $3, $4)`,
    [id, tenant.tenantId, state, images],
  );
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1, n, 'image-' || n, sha256(n::text::bytea) FROM generate_series(0, $2::int - 1) AS n`,
    [id, images],
  );
  return publicId('set', id);
}

const call = (method: 'GET' | 'POST', url: string, payload?: object, headers = {}) =>
  rig.app.inject({ method, url, headers: { ...tenant.headers, ...headers }, payload });

const preview = (payload: object, headers = {}) =>
  call('POST', '/v1/jobs/preview', { tasks: TASKS, ...payload }, headers);

const answer = {
  task: 0,
  prompt: 'ocr',
  raw: 'some text',
  text: 'some text',
  boxes: [],
  confidence: 0.9,
  tokens: 3,
  end_reason: 'eos' as const,
  warnings: [],
};

/** Does what a worker does with the first ticket; the items took two seconds. */
async function work(): Promise<void> {
  await expect.poll(() => rig.queue.tickets.length, { interval: 5 }).toBeGreaterThan(0);
  const shardId = rig.queue.tickets[0]!.split(' ')[2]!;
  expect(rig.queue.tickets).toEqual([`default interactive ${shardId}`]);
  const lease = await claimShard(rig.database, { shardId, generation: 1 }, newUuid(), 60_000);
  expect(lease?.cache).toBe(false);
  await rig.database.query(
    `UPDATE jobs SET started_at = started_at - interval '2 seconds' WHERE id = $1`,
    [lease!.jobId],
  );
  await commitItems(
    rig.database,
    lease!,
    newUuid(),
    lease!.items.map(({ n }) => ({ n, state: 'succeeded', attempts: 1, answers: [answer] })),
  );
}

const secondsSince = (began: number): number => (performance.now() - began) / 1_000;

describe('a preview of a job', () => {
  it('runs images spread over the set, and estimates the whole by them', async () => {
    const image_set = await makeSet('open');
    const began = performance.now();
    const [response] = await Promise.all([preview({ image_set, seal: true, samples: 4 }), work()]);
    expect(response.statusCode).toBe(200);
    const shown = jobPreviewSchema.parse(response.json());
    expect(shown).toMatchObject({ image_set, model: 'default', items: IMAGES, samples_left: 0 });
    expect(shown.samples.map((item) => item.n)).toEqual([12, 37, 62, 87]);
    expect(shown.samples[0]?.answers[0]?.text).toBe('some text');
    // Four images took two seconds and a little, and no more than it takes to see that here.
    expect(shown.estimate!.accelerator_seconds).toBeGreaterThanOrEqual(50);
    expect(shown.estimate!.accelerator_seconds).toBeLessThan(25 * (2 + secondsSince(began)));
    expect(shown.known_share).toBe(0);
  });

  it('runs the very images that somebody names, and no other', async () => {
    const image_set = await makeSet('sealed');
    const [response] = await Promise.all([
      preview({ image_set, images: [41, 7, 41], samples: 4 }),
      work(),
    ]);
    const shown = jobPreviewSchema.parse(response.json());
    expect(shown.samples.map((item) => item.n)).toEqual([7, 41]);
    expect(shown).toMatchObject({ items: IMAGES, samples_left: 0 });
    const beyond = await preview({ image_set, images: [0, IMAGES] });
    expect([beyond.statusCode, beyond.json().code]).toEqual([404, 'image.not_found']);
    const none = await preview({ image_set, images: [] });
    expect([none.statusCode, none.json().code]).toEqual([400, 'request.invalid']);
  });

  it('creates nothing that anybody sees, and seals nothing', async () => {
    const image_set = await makeSet('open');
    await Promise.all([preview({ image_set, seal: true }), work()]);
    expect((await call('GET', '/v1/jobs')).json().data).toEqual([]);
    expect((await call('GET', `/v1/image-sets/${image_set}`)).json().state).toBe('open');
    const told = await rig.database.query(
      `SELECT type FROM webhook_events WHERE tenant_id = $1
       UNION ALL SELECT kind FROM changes WHERE tenant_id = $1 AND kind = 'job'`,
      [tenant.tenantId],
    );
    expect(told).toEqual([]);
  });

  it('says which part of the answers is known, and leaves it out of the estimate', async () => {
    const image_set = await makeSet('sealed');
    const asking = { tenantId: tenant.tenantId, model: 'default', revision: 'r1', tasks: TASKS };
    const [question] = await numberQuestions(rig.database, asking);
    await rig.database.query(
      `INSERT INTO known_answers (sha256, question_id, job_id, n, task)
       SELECT sha256, $2, gen_random_uuid(), n, 0 FROM images WHERE set_id = $1 AND n < 60`,
      [parsePublicId('set', image_set), question],
    );
    const began = performance.now();
    const [with60] = await Promise.all([preview({ image_set }), work()]);
    expect(with60.json().known_share).toBe(0.6);
    const { samples, estimate } = jobPreviewSchema.parse(with60.json());
    expect(samples).toHaveLength(8);
    expect(estimate!.accelerator_seconds).toBeLessThan(5 * (2 + secondsSince(began)));
    rig.queue.tickets.length = 0;
    const [without] = await Promise.all([preview({ image_set, cache: false }), work()]);
    expect(without.json().known_share).toBe(0);
  });

  it('answers with what there is when the time is over, and runs no further', async () => {
    const image_set = await makeSet('sealed', 3);
    const response = await preview({ image_set }, { prefer: 'wait=0' });
    expect(response.json()).toMatchObject({ samples: [], samples_left: 3, estimate: null });
    const states = await rig.database.query<{ state: string }>(
      'SELECT state FROM jobs WHERE tenant_id = $1',
      [tenant.tenantId],
    );
    expect(states).toEqual([{ state: 'cancelling' }]);
    // The feed runs beside the answer; the next test counts tickets.
    await expect.poll(() => rig.queue.tickets.length, { interval: 5 }).toBe(1);
  });

  it('refuses what creating the job would refuse', async () => {
    const refusal = async (payload: object) => {
      const response = await preview(payload);
      return [response.statusCode, response.json().code, response.json().errors?.[0]?.pointer];
    };
    const image_set = await makeSet('sealed');
    const open = await makeSet('open');
    const empty = await makeSet('open', 0);
    const unknown = publicId('set', newUuid());
    expect(await refusal({ image_set: unknown })).toEqual([404, 'set.not_found', undefined]);
    expect(await refusal({ image_set: open })).toEqual([409, 'set.open', undefined]);
    expect(await refusal({ image_set: empty, seal: true })).toEqual([409, 'set.empty', undefined]);
    expect(await refusal({ image_set, model: 'no' })).toEqual([422, 'model.unknown', undefined]);
    const tasks = [{ type: 'ocr' }, { type: 'detect', labels: [] }];
    expect(await refusal({ image_set, tasks })).toEqual([
      400,
      'request.invalid',
      '/tasks/1/labels',
    ]);
    expect(await refusal({ image_set, samples: 33 })).toEqual([400, 'request.invalid', '/samples']);
    const webhook = { url: 'http://127.0.0.1/' };
    expect((await refusal({ image_set, webhook }))[0]).toBe(422);
    const jobs = await rig.database.query('SELECT 1 FROM jobs WHERE tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(jobs).toEqual([]);
  });

  it('is swept an hour after, when it is over', async () => {
    const image_set = await makeSet('sealed');
    await Promise.all([preview({ image_set }), work()]);
    const count = async () => {
      const [row] = await rig.database.query(
        `SELECT (SELECT count(*)::int FROM jobs WHERE tenant_id = $1) AS jobs,
                (SELECT count(*)::int FROM shards WHERE tenant_id = $1) AS shards,
                (SELECT count(*)::int FROM items WHERE job_id = $2) AS items`,
        [tenant.tenantId, jobId],
      );
      return row;
    };
    const [job] = await rig.database.query<{ id: string }>(
      'SELECT id FROM jobs WHERE tenant_id = $1',
      [tenant.tenantId],
    );
    const jobId = job!.id;
    await forgetPreviews(rig.database);
    expect(await count()).toEqual({ jobs: 1, shards: 1, items: 8 });
    await rig.database.query(`UPDATE jobs SET created_at = created_at - interval '2 hours'`);
    await forgetPreviews(rig.database);
    expect(await count()).toEqual({ jobs: 0, shards: 0, items: 0 });
  });
});
