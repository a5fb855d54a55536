import { describe, expect, it } from 'vitest';
import type { EndedItem, Lease } from '#database';
import { createRegistry } from '#telemetry';
import { WorkerMetrics } from './worker-metrics.js';

const lease: Lease = {
  shardId: '1',
  fence: 1,
  jobId: 'job',
  tenantId: 'tenant',
  lane: 'bulk',
  tasks: [{ type: 'ocr' }],
  firstTask: 0,
  isolated: false,
  losses: 0,
  items: [{ n: 3, name: 'x', sha256: '00', tasks: [{ type: 'caption', language: 'en' }] }],
  trace: { job: null, upload: null, waitedMs: 0 },
  cache: false,
};
const answer = { task: 0, tokens: 7 } as NonNullable<EndedItem['answers']>[number];
const succeeded: EndedItem = {
  n: 0,
  state: 'succeeded',
  attempts: 1,
  answers: [answer],
  timings: { fetch_ms: 3, decode_ms: 20, encode_ms: 40, generate_ms: 2_000 },
};
const failed: EndedItem = { n: 1, state: 'failed', attempts: 2, error: { code: 'x', detail: 'x' } };

function setup() {
  const registry = createRegistry();
  const metrics = new WorkerMetrics(registry, 'm', () => ({ leases: 3, imagesInHost: 8 }));
  return { metrics, lines: async () => (await registry.metrics()).split('\n') };
}

describe('the figures of a worker', () => {
  it('count what was committed, by model, task and state', async () => {
    const { metrics, lines } = setup();
    metrics.committed([succeeded, failed, succeeded], lease, 0.02);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'pallet_items_total{model="m",state="succeeded",rerun="false"} 2',
        'pallet_items_total{model="m",state="failed",rerun="true"} 1',
        'pallet_answers_total{model="m",task="ocr"} 2',
        'pallet_tokens_total{model="m",task="ocr"} 14',
        'pallet_stage_seconds_sum{model="m",stage="generate"} 4',
        'pallet_stage_seconds_count{model="m",stage="fetch"} 2',
        'pallet_stage_seconds_bucket{le="0.025",model="m",stage="commit"} 1',
        'pallet_commit_items_sum{model="m"} 3',
      ]),
    );
  });

  it('name the task of an image that has tasks of its own', async () => {
    const { metrics, lines } = setup();
    metrics.committed([{ ...succeeded, n: 3 }], lease, 0.02);
    expect(await lines()).toContain('pallet_answers_total{model="m",task="caption"} 1');
  });

  it('show what the worker holds, ends of shards, and deaths of the host from the first on', async () => {
    const { metrics, lines } = setup();
    expect(await lines()).toContain('pallet_engine_restarts_total{model="m"} 0');
    metrics.engineDied();
    metrics.shardEnded('released');
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'pallet_engine_restarts_total{model="m"} 1',
        'pallet_shards_total{model="m",end="released"} 1',
        'pallet_leases{model="m"} 3',
        'pallet_engine_images{model="m"} 8',
      ]),
    );
  });

  it('have no label that says tenant or job', async () => {
    const { metrics, lines } = setup();
    metrics.committed([succeeded], lease, 0.02);
    expect((await lines()).filter((line) => /tenant|job/.test(line))).toEqual([]);
  });
});
