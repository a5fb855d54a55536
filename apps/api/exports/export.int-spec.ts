import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportFormatSchema, imageKey, parsePublicId, problemSchema } from '#contracts';
import { usePostgres } from '#testing';
import { useApi, type ApiRig } from '../spec-rig.js';

const rig = useApi(usePostgres());
beforeAll(async () => {
  await rig.serveModel('default');
});

type Tenant = Awaited<ReturnType<ApiRig['createTenant']>>;

const BOX = {
  label: '=cat',
  box: [0.1, 0.2, 0.5, 0.6],
  pixels: [4, 6, 20, 18],
  confidence: 0.5,
};
const ANSWER = {
  task: 0,
  prompt: 'detect cat\n',
  raw: 'raw',
  text: '',
  boxes: [BOX],
  confidence: 0.5,
  tokens: 5,
  end_reason: 'eos',
  warnings: [],
};

/** What every image of these jobs is. */
const GIF = Buffer.from('R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=', 'base64');

/** A job of `count` images whose items have all ended but the last, which ends with `isFinished`. */
async function makeJob({ headers }: Tenant, count: number, isFinished = true): Promise<string> {
  const post = async (url: string, payload: object) =>
    (await rig.app.inject({ method: 'POST', url, headers, payload })).json<{ id: string }>().id;
  const set = await post('/v1/image-sets', {});
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1::uuid, n, '../image-' || n || '.jpg', sha256($3) FROM generate_series(0, $2::int - 1) AS n`,
    [parsePublicId('set', set), count, GIF],
  );
  await rig.database.query('UPDATE image_sets SET accepted = $2 WHERE id = $1::uuid', [
    parsePublicId('set', set),
    count,
  ]);
  const tasks = [{ type: 'detect', labels: ['cat'] }];
  const job = await post('/v1/jobs', { image_set: set, seal: true, tasks });
  await rig.database.query(
    `INSERT INTO items (job_id, n, state, attempts, answers, width, height)
     SELECT $1::uuid, n, 'succeeded', 1, $3::jsonb, 40, 30 FROM generate_series(0, $2::int - 1) AS n`,
    [parsePublicId('job', job), isFinished ? count : count - 1, JSON.stringify([ANSWER])],
  );
  if (isFinished) {
    await rig.database.query(
      `UPDATE jobs SET state = 'completed', succeeded = item_count, finished_at = now() WHERE id = $1`,
      [parsePublicId('job', job)],
    );
  }
  return job;
}

const download = (job: string, query: string, { headers }: Tenant) =>
  rig.app.inject({ url: `/v1/jobs/${job}/export${query}`, headers });

describe('an export', () => {
  it('is the file or the archive of its format, the same each time', async () => {
    const tenant = await rig.createTenant();
    const job = await makeJob(tenant, 3);
    for (const format of exportFormatSchema.options) {
      const answers = [
        await download(job, `?format=${format}`, tenant),
        await download(job, `?format=${format}`, tenant),
      ];
      const [first, second] = answers.map((answer) => answer.rawPayload);
      expect([format, answers[0]!.statusCode]).toEqual([format, 200]);
      expect(first!.equals(second!)).toBe(true);
      const isArchive = first!.subarray(0, 4).toString('latin1') === 'PK\x03\x04';
      expect(isArchive).toBe(answers[0]!.headers['content-type'] === 'application/zip');
      expect(answers[0]!.headers['content-disposition']).toMatch(
        new RegExp(`^attachment; filename="${job}-${format}\\.[a-z]+"$`),
      );
    }
  });

  it('has every item over many pages, and marks formulas', async () => {
    const tenant = await rig.createTenant();
    const job = await makeJob(tenant, 1203);
    const lines = (await download(job, '', tenant)).body.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(lines.map((_, n) => n));
    expect(lines).toHaveLength(1203);
    const table = await download(job, '?format=csv', tenant);
    expect(table.headers['content-type']).toContain('text/csv');
    expect(table.body.split('\r\n')[1]).toContain(",'=cat,");
  });

  it('draws on the pictures of the object store', async () => {
    const tenant = await rig.createTenant();
    const job = await makeJob(tenant, 1);
    const key = imageKey(tenant.tenantId, createHash('sha256').update(GIF).digest('hex'));
    const hasPicture = async (stored: Buffer): Promise<boolean> => {
      await rig.store.put(key, stored, { bytes: stored.length });
      const archive = await download(job, '?format=annotated', tenant);
      expect(archive.statusCode).toBe(200);
      return archive.rawPayload.includes('pictures/image-0.jpg');
    };
    expect(await hasPicture(GIF)).toBe(true);
    // A picture that is not as it was uploaded is as good as gone.
    const other = Buffer.from(GIF);
    other[20]! ^= 1;
    expect(await hasPicture(other)).toBe(false);
  });

  it('waits for the end of the job, unless a part is wanted', async () => {
    const tenant = await rig.createTenant();
    const job = await makeJob(tenant, 3, false);
    const early = await download(job, '?format=coco', tenant);
    expect([early.statusCode, problemSchema.parse(early.json()).code]).toEqual([
      409,
      'job.running',
    ]);
    const part = await download(job, '?partial=true', tenant);
    expect([part.statusCode, part.body.trimEnd().split('\n')]).toMatchObject([200, { length: 2 }]);
  });

  it('refuses a format that there is not, and names those that there are', async () => {
    const tenant = await rig.createTenant();
    const answer = await download(await makeJob(tenant, 1), '?format=excel', tenant);
    const { code, errors } = problemSchema.parse(answer.json());
    expect([answer.statusCode, code, errors?.[0]?.pointer]).toEqual([
      400,
      'request.invalid',
      '/format',
    ]);
    for (const name of exportFormatSchema.options) expect(errors![0]!.detail).toContain(name);
  });

  it('is nobody else’s', async () => {
    const [owner, other] = [await rig.createTenant(), await rig.createTenant()];
    const job = await makeJob(owner, 1);
    const answer = await download(job, '?format=coco', other);
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'job.not_found']);
  });

  it('gives its slot back when it has ended, and when its client has gone', async () => {
    const tenant = await rig.createTenant();
    const job = await makeJob(tenant, 1);
    await rig.app.listen(0, '127.0.0.1');
    const url = `${await rig.app.getUrl()}/v1/jobs/${job}/export`;
    for (let n = 0; n < 12; n++) {
      const controller = new AbortController();
      const { headers } = tenant;
      const answer = await fetch(url, { headers, signal: controller.signal });
      expect(answer.status).toBe(200);
      if (n % 2 === 0) controller.abort();
      else await answer.arrayBuffer();
    }
  });
});
