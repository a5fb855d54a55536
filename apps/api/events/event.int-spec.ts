import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newUuid, parsePublicId, publicId } from '#contracts';
import { makeTemporaryDirectory, removeDirectory, usePostgres } from '#testing';
import { startApi, type ApiRig } from '../spec-rig.js';

const postgres = usePostgres();
let rig: ApiRig;
let directory: string;
let url: string;
let tenant: Awaited<ReturnType<ApiRig['createTenant']>>;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  rig = await startApi({ databaseUrl: await postgres.createDatabase(), directory });
  await rig.serveModel('default');
  await rig.app.listen(0, '127.0.0.1');
  url = await rig.app.getUrl();
});
beforeEach(async () => {
  tenant = await rig.createTenant();
});
afterAll(async () => {
  await rig?.close();
  await removeDirectory(directory);
});

interface Told {
  type: string;
  id: string | undefined;
  data: { id: string; state: string; item_counts: { succeeded: number }; data: { id: string }[] };
}

/** Events of one connection, read as they are asked for. */
class Client {
  readonly #events: AsyncGenerator<Told>;
  constructor(
    readonly response: Response,
    private readonly gone: AbortController,
  ) {
    this.#events = parse(response);
  }
  static async open(path: string, headers: Record<string, string>): Promise<Client> {
    const gone = new AbortController();
    const response = await fetch(new URL(path, url), { headers, signal: gone.signal });
    return new Client(response, gone);
  }
  /** The next of that type; undefined when the stream ends before. */
  async next(type = 'job', isWanted?: (told: Told) => boolean): Promise<Told | undefined> {
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done) return undefined;
      const told = value as Told;
      if (told.type === type && (isWanted?.(told) ?? true)) return told;
    }
  }
  close(): void {
    this.gone.abort();
  }
}

async function* parse(response: Response): AsyncGenerator<Told> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop()!;
    for (const frame of frames.filter((line) => !line.startsWith(':'))) {
      const fields = new Map(
        frame.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]),
      );
      yield {
        type: fields.get('event')!,
        id: fields.get('id'),
        data: JSON.parse(fields.get('data')!) as Told['data'],
      };
    }
  }
}

/** A job of that many images, as rows only. */
async function makeJob(count = 3, tenantId = tenant.tenantId): Promise<string> {
  const [set, job] = [newUuid(), newUuid()];
  await rig.database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', $3)`,
    [set, tenantId, count],
  );
  await rig.database.query(
    `INSERT INTO jobs (id, tenant_id, set_id, model, tasks, lane, state, item_count)
     VALUES ($1, $2, $3, 'default', '[{"type":"ocr"}]', 'bulk', 'running', $4)`,
    [job, tenantId, set, count],
  );
  return publicId('job', job);
}

const SUCCEED = `UPDATE jobs SET succeeded = succeeded + 1,
  state = CASE WHEN succeeded + 1 = item_count THEN 'completed' ELSE state END,
  finished_at = CASE WHEN succeeded + 1 = item_count THEN now() END WHERE id = $1`;
const succeed = (job: string) => rig.database.query(SUCCEED, [parsePublicId('job', job)]);
const follow = (path = '/v1/events', more: Record<string, string> = {}) =>
  Client.open(path, { ...tenant.headers, ...more });

describe('GET /v1/events', () => {
  it('tells of jobs and sets of the tenant as they change, and of nobody else', async () => {
    const client = await follow();
    expect(client.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect((await client.next('ready'))?.id).toMatch(/^\d+-\d+$/);
    await makeJob(3, (await rig.createTenant()).tenantId);
    const job = await makeJob(2);
    expect((await client.next('image_set'))?.data.state).toBe('sealed');
    expect((await client.next('job'))?.data).toMatchObject({ id: job, state: 'running' });
    await succeed(job);
    expect((await client.next('job'))?.data.item_counts.succeeded).toBe(1);
    await succeed(job);
    expect((await client.next('job'))?.data.state).toBe('completed');
    client.close();
  });

  it('goes on after the last id: each subject once, in its newest form', async () => {
    const first = await follow();
    const job = await makeJob(9);
    const { id } = (await first.next('job'))!;
    first.close();
    for (let i = 0; i < 5; i += 1) await succeed(job);
    const later = await makeJob(1);
    const second = await follow('/v1/events', { 'last-event-id': id! });
    expect((await second.next('ready'))?.id).toBe(id);
    expect((await second.next('job'))?.data).toMatchObject({
      id: job,
      item_counts: { succeeded: 5 },
    });
    expect((await second.next('job'))?.data.id).toBe(later);
    second.close();
  });

  it('passes over no transaction that commits after a later one', async () => {
    const [slow, quick] = [await makeJob(2), await makeJob(2)];
    const client = await follow();
    await client.next('ready');
    const committed: string[] = [];
    await rig.database.transaction(async (tx) => {
      await tx.query(SUCCEED, [parsePublicId('job', slow)]);
      await succeed(quick);
    });
    committed.push((await client.next())!.data.id, (await client.next())!.data.id);
    expect(committed.toSorted()).toEqual([slow, quick].toSorted());
    client.close();
  });

  it('tells what was deleted', async () => {
    const client = await follow();
    const set = newUuid();
    await rig.database.query('INSERT INTO image_sets (id, tenant_id) VALUES ($1, $2)', [
      set,
      tenant.tenantId,
    ]);
    await client.next('image_set');
    await rig.database.query('DELETE FROM image_sets WHERE id = $1', [set]);
    expect((await client.next('image_set.deleted'))?.data.id).toBe(publicId('set', set));
    client.close();
  });

  it('tells who serves what, when it begins and when it changes', async () => {
    const client = await follow();
    expect((await client.next('models'))?.data.data).toContainEqual(
      expect.objectContaining({ id: 'default' }),
    );
    await rig.serveModel('newcomer');
    const isNew = ({ data }: Told) => data.data.some((model) => model.id === 'newcomer');
    expect((await client.next('models', isNew))?.id).toBeUndefined();
    client.close();
  });

  it('says when it cannot go on from an id, and refuses what is none', async () => {
    const client = await follow('/v1/events', { 'last-event-id': '99999999999-1' });
    expect(await client.next('reset')).toBeDefined();
    client.close();
    const odd = await follow('/v1/events', { 'last-event-id': 'yesterday' });
    expect(odd.response.status).toBe(400);
    expect(await odd.response.json()).toMatchObject({ code: 'events.invalid_id' });
  });

  it('looks once for all who follow', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => follow()));
    await Promise.all(clients.map((client) => client.next('ready')));
    const job = await makeJob(5);
    await Promise.all(clients.map((client) => client.next()));
    const query = vi.spyOn(rig.database, 'query');
    const before = performance.now();
    await succeed(job);
    await Promise.all(clients.map((client) => client.next()));
    const looks = query.mock.calls.filter(([text]) => text.includes('FROM changes'));
    expect(looks.length).toBeGreaterThan(0);
    expect(looks.length).toBeLessThanOrEqual((performance.now() - before) / 250 + 2);
    expect(query.mock.calls.filter(([text]) => text.includes('FROM jobs'))).toHaveLength(1);
    query.mockRestore();
    for (const client of clients) client.close();
  });

  it('has a bound on streams of a tenant, and counts those that are gone no more', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => follow()));
    const refused = await follow();
    expect(refused.response.status).toBe(429);
    expect(refused.response.headers.get('retry-after')).toBe('5');
    for (const client of clients) client.close();
    await expect
      .poll(async () => {
        const again = await follow();
        again.close();
        return again.response.status;
      })
      .toBe(200);
  });

  it('answers HEAD without a stream', async () => {
    const headers = tenant.headers;
    const answer = await rig.app.inject({ method: 'HEAD', url: '/v1/events', headers });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
  });
});

describe('GET /v1/jobs/{id}/events', () => {
  it('begins with the job as it is, ends with its end, and has nothing more to tell then', async () => {
    const [job, other] = [await makeJob(2), await makeJob(2)];
    const path = `/v1/jobs/${job}/events`;
    const client = await follow(path);
    expect((await client.next())?.data).toMatchObject({ id: job, item_counts: { succeeded: 0 } });
    await succeed(other);
    await succeed(job);
    expect((await client.next())?.data).toMatchObject({ id: job, item_counts: { succeeded: 1 } });
    await succeed(job);
    const last = await client.next();
    expect(last?.data.state).toBe('completed');
    expect(await client.next()).toBeUndefined();
    const again = await follow(path, { 'last-event-id': last!.id! });
    expect(again.response.status).toBe(204);
    const anew = await follow(path);
    expect((await anew.next())?.data.state).toBe('completed');
    expect(await anew.next()).toBeUndefined();
  });
});

describe('a process that is asked to stop', () => {
  it('ends its streams and its waits', async () => {
    const own = await startApi({ databaseUrl: await postgres.createDatabase(), directory });
    const { headers } = await own.createTenant();
    await own.app.listen(0, '127.0.0.1');
    const response = await fetch(new URL('/v1/events', await own.app.getUrl()), { headers });
    const ended = response.text();
    await own.close();
    expect(await ended).toContain('event: ready');
  });
});
