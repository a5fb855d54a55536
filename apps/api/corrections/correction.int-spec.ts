import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { correctionPageSchema, correctionSchema } from '#contracts';
import { usePostgres } from '#testing';
import { jobClient } from '../jobs/job-client-fixture.js';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres());
beforeAll(async () => {
  await rig.serveModel('default');
});

const TASKS = [
  { type: 'caption', language: 'en' },
  { type: 'detect', labels: ['cat'] },
];
const ANSWERS = [
  { task: 0, prompt: 'caption en', text: 'a dog', boxes: [] },
  { task: 1, prompt: 'detect cat\n', text: '', boxes: [] },
];

/** A job over three images, of which the first two have their answers. */
async function setup() {
  const client = await jobClient(rig, 3, { tasks: TASKS });
  await rig.database.query(
    `INSERT INTO items (job_id, n, state, attempts, answers)
     SELECT $1::uuid, n, 'succeeded', 1, $2::jsonb FROM generate_series(0, 1) AS n`,
    [client.uuid, JSON.stringify(ANSWERS)],
  );
  const { headers } = await keyOf(client.uuid, ['read', 'write']);
  const ask = (method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: object) =>
    rig.app.inject({ method, url: `${client.url}/corrections${path}`, headers, payload });
  const put = async (payload: object) => {
    const answer = await ask('PUT', '', payload);
    return answer.statusCode === 200 ? correctionSchema.parse(answer.json()) : answer.json();
  };
  const list = async (query = '') => correctionPageSchema.parse((await ask('GET', query)).json());
  return { ...client, ask, put, list };
}

/** Another key of the tenant that owns the job. */
async function keyOf(jobUuid: string, scopes: ('read' | 'write')[]) {
  const tenant = await rig.createTenant(scopes);
  await rig.database.query(
    `UPDATE api_keys SET tenant_id = (SELECT tenant_id FROM jobs WHERE id = $1) WHERE tenant_id = $2`,
    [jobUuid, tenant.tenantId],
  );
  return tenant;
}

const BOX = { label: 'cat', box: [0.25, 0, 1, 0.5] };

describe('a correction', () => {
  it('becomes a line to train on, with the prompt that was asked', async () => {
    const { put, ask, results } = await setup();
    const before = await results();
    await put({ n: 1, task: 1, boxes: [BOX] });
    await put({ n: 0, task: 0, text: ' a cat "on" a table ' });
    const answer = await ask('GET', '/lines');
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    const lines = answer.body.trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { image: 'image-0', prefix: 'caption en', suffix: 'a cat "on" a table' },
      {
        image: 'image-1',
        prefix: 'detect cat',
        suffix: '<loc0000><loc0256><loc0512><loc1023> cat',
      },
    ]);
    expect(await results()).toEqual(before);
  });

  it('says which image it is about, where the set has several of its name', async () => {
    const { put, list, ask, uuid } = await setup();
    const rename = (n: number, name: string, content: string) =>
      rig.database.query(
        `UPDATE images SET name = $3, sha256 = sha256($4::bytea)
         WHERE n = $2 AND set_id = (SELECT set_id FROM jobs WHERE id = $1)`,
        [uuid, n, name, content],
      );
    const hashes = async () => (await list()).data.map(({ line }) => line.sha256);
    const hex = (text: string) => createHash('sha256').update(text).digest('hex');
    await rename(0, 'same.png', 'one');
    await rename(1, 'same.png', 'other');
    const saved = await put({ n: 0, task: 0, text: 'a cat' });
    await put({ n: 1, task: 0, text: 'a dog' });
    expect(saved.line.sha256).toBe(hex('one'));
    expect(await hashes()).toEqual([hex('one'), hex('other')]);
    const lines = (await ask('GET', '/lines')).body.trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line).sha256)).toEqual(await hashes());
    await rename(1, 'data:image/png;base64,AAAA', 'other');
    expect(await hashes()).toEqual([undefined, hex('other')]);
    await rig.database.query(
      `UPDATE images SET name = 'same.png', custom_id = 'an-id'
       WHERE n = 1 AND set_id = (SELECT set_id FROM jobs WHERE id = $1)`,
      [uuid],
    );
    expect(await hashes()).toEqual([hex('one'), hex('other')]);
  });

  it('replaces the one before, and can be taken back', async () => {
    const { put, list, ask } = await setup();
    await put({ n: 0, task: 1, text: 'nothing' });
    const last = await put({ n: 0, task: 1, boxes: [BOX] });
    expect(last).toMatchObject({ n: 0, task: 1, text: null, boxes: [BOX] });
    expect((await list()).data).toEqual([last]);
    for (const _ of [0, 1]) {
      expect((await ask('DELETE', '?n=0&task=1')).statusCode).toBe(204);
      expect((await list()).data).toEqual([]);
    }
    expect((await ask('GET', '/lines')).body).toBe('');
  });

  it('is listed page by page, or of one item', async () => {
    const { put, list } = await setup();
    for (const [n, task] of [
      [1, 1],
      [0, 1],
      [1, 0],
      [0, 0],
    ]) {
      await put({ n, task, text: `${n} ${task}` });
    }
    const first = await list('?limit=3');
    const rest = await list(`?limit=3&cursor=${first.next_cursor}`);
    const texts = [...first.data, ...rest.data].map(({ text }) => text);
    expect(texts).toEqual(['0 0', '0 1', '1 0', '1 1']);
    expect((await list('?n=1')).data.map(({ text }) => text)).toEqual(['1 0', '1 1']);
  });

  it.each([
    [{ n: 2, task: 0, text: 'x' }, 'correction.no_answer'],
    [{ n: 0, task: 2, text: 'x' }, 'correction.no_answer'],
    [{ n: 0, task: 0 }, 'request.invalid'],
    [{ n: 0, task: 0, text: 'x', boxes: [BOX] }, 'request.invalid'],
    [{ n: 0, task: 1, boxes: [{ ...BOX, box: [0.5, 0, 0.5, 1] }] }, 'request.invalid'],
  ])('is refused where there is nothing to learn: %j', async (body, code) => {
    const { put, list } = await setup();
    expect(await put(body)).toMatchObject({ code });
    expect((await list()).data).toEqual([]);
  });

  it('can be read with a key that may only read, and not written', async () => {
    const { url, uuid } = await setup();
    const { headers } = await keyOf(uuid, ['read']);
    const path = `${url}/corrections`;
    const payload = { n: 0, task: 0, text: 'x' };
    const put = await rig.app.inject({ method: 'PUT', url: path, headers, payload });
    expect([put.statusCode, put.json().code]).toEqual([403, 'auth.scope']);
    expect((await rig.app.inject({ method: 'GET', url: path, headers })).statusCode).toBe(200);
  });
});
