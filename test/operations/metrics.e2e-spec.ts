import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilProgress } from '../rig/process.js';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({
    itemMs: 500,
    env: { HEALTH_PORT: '0', HEARTBEAT_MS: '500', INTERNAL_TOKEN: 'internal-token-of-a-test' },
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

const urlOf = (service: { ready: unknown }): string =>
  (service.ready as { healthUrl: string }).healthUrl;
const worker = () => [...system.workers][0]!;

/** What the worker says it is doing. */
const readiness = async (): Promise<[code: number, said: unknown]> => {
  const response = await fetch(`${urlOf(worker())}/health/ready`);
  return [response.status, await response.json()];
};

async function scrape(service: { ready: unknown }): Promise<Map<string, number>> {
  const text = await (await fetch(`${urlOf(service)}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

async function startJob(count: number) {
  const files = Array.from({ length: count }, (_, n) => tinyImage(n));
  const set = await client.createSet('watched');
  await client.upload(set.id, files);
  return client.createJob(set.id, [{ type: 'ocr' }]);
}

describe('processes that are watched', () => {
  it('are live and ready, and a worker says what it is doing', async () => {
    for (const service of [system.api, system.dispatcher, worker()]) {
      for (const path of ['live', 'ready']) {
        expect((await fetch(`${urlOf(service)}/health/${path}`)).status).toBe(200);
      }
    }
    // Work for a quarter of a minute, if nobody ended it.
    const job = await startJob(300);
    await untilProgress(client, job.id, 10);
    expect(await readiness()).toEqual([200, { status: 'busy' }]);
    const signal = await fetch(`${system.url}/internal/autoscaling/instant`, {
      headers: { authorization: 'Bearer internal-token-of-a-test' },
    });
    expect(await signal.json()).toMatchObject({ workers: 1, desired_replicas: 1 });
    await client.request('POST', `/v1/jobs/${job.id}/cancel`);
    await client.finished(job.id, 120_000);
    // All that it did is counted then.
    await expect.poll(readiness, { timeout: 20_000 }).toEqual([200, { status: 'ready' }]);
  });

  it('count what happened to a job, from the request to the commit', async () => {
    const before = await scrape(worker());
    const job = await startJob(40);
    await client.finished(job.id, 60_000);
    // The worker counts after the commit that the client may have seen already.
    const items = 'pallet_items_total{model="instant",state="succeeded",rerun="false"}';
    await expect
      .poll(async () => (await scrape(worker())).get(items)! - before.get(items)!, {
        timeout: 20_000,
      })
      .toBe(40);
    const now = await scrape(worker());
    expect(now.get('pallet_answers_total{model="instant",task="ocr"}')).toBe(now.get(items));
    expect(now.get('pallet_stage_seconds_count{model="instant",stage="commit"}')).toBeGreaterThan(
      0,
    );
    const dispatcher = await scrape(system.dispatcher);
    expect(dispatcher.get('pallet_workers{model="instant"}')).toBe(1);
    expect(dispatcher.get('pallet_dependency_up{dependency="queue"}')).toBe(1);
    const api = await scrape(system.api);
    expect(api.get('pallet_http_requests_total{method="POST",route="/v1/jobs",status="202"}')).toBe(
      2,
    );
    expect(api.get('pallet_http_open_requests')).toBe(0);
  });

  it('have no figure that names a tenant or a job', async () => {
    for (const service of [system.api, system.dispatcher, worker()]) {
      const labels = [...(await scrape(service)).keys()].filter((line) => line.includes('{'));
      expect(labels.filter((line) => /[{,]\w*(tenant|job)\w*=|[0-9a-f]{16}/.test(line))).toEqual(
        [],
      );
    }
  });

  it('show a backlog, and a queue that is away', async () => {
    await worker().stop(30_000);
    await startJob(25);
    const outstanding = 'pallet_outstanding_items{model="instant"}';
    await expect
      .poll(async () => (await scrape(system.dispatcher)).get(outstanding), { timeout: 20_000 })
      .toBe(25);
    await system.redis!.stop();
    await expect
      .poll(
        async () =>
          (await scrape(system.dispatcher)).get('pallet_dependency_up{dependency="queue"}'),
        { timeout: 20_000 },
      )
      .toBe(0);
    const failures = 'pallet_loop_failures_total{loop="feed"}';
    await expect
      .poll(async () => (await scrape(system.dispatcher)).get(failures), { timeout: 20_000 })
      .toBeGreaterThan(0);
    const figures = await scrape(system.dispatcher);
    expect(figures.get(outstanding)).toBe(25);
    expect(figures.get('pallet_dependency_up{dependency="database"}')).toBe(1);
    expect((await fetch(`${urlOf(system.dispatcher)}/health/live`)).status).toBe(200);
  });
});
