import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Worker } from '#contracts';
import { cli } from '../testing/captured.js';
import { FakeApi } from '../testing/fake-api.js';

const ID = 'wrk_01931f6e5c3a7b1e8f2a4d5c6b7a8901';
const WORKER: Worker = {
  object: 'worker',
  id: ID,
  pool: 'google/paligemma2-3b-mix-448',
  host: 'gpu-1',
  pid: 42,
  state: 'busy',
  started_at: '2026-11-01T08:00:00.000Z',
  seen_at: '2026-11-01T08:00:05.000Z',
  drain_requested_at: null,
  report: {
    version: '0.1.0',
    provider: 'cuda',
    device: 'NVIDIA H200',
    slots: 8,
    slots_in_use: 5,
    images_per_second: 12.34,
    tokens_per_second: 310.6,
    cpu_percent: 180,
    memory_bytes: 2 ** 30,
    gpu: null,
  },
};
let api: FakeApi;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  api = await FakeApi.start();
  env = { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
});
afterEach(() => api.stop());

describe('pallet workers', () => {
  it('lists what each does, and a dash for what nobody knows', async () => {
    const silent = { ...WORKER, state: 'ready', report: null, drain_requested_at: WORKER.seen_at };
    const page = { object: 'list', data: [WORKER, silent], next_cursor: null, has_more: false };
    api.answerNext('/v1/operate/workers', { status: 200, body: page });
    const { code, out } = await cli(['workers', 'ls'], { env });
    expect(code).toBe(0);
    const [head, busy, quiet] = out.trim().split('\n');
    expect(head).toMatch(/^WORKER +STATE +HOST +MODEL +DEVICE +SLOTS +IMAGES\/S/);
    expect(busy).toMatch(/busy +gpu-1 .*cuda NVIDIA H200 +5\/8 +12\.3 +311 +180 % +- +1024 MiB$/);
    expect(quiet).toMatch(/ready, asked +gpu-1 .* - +- +- +- +- +- +-$/);
  });

  it('asks one to end', async () => {
    const asked = { ...WORKER, drain_requested_at: WORKER.seen_at };
    api.answerNext(`/v1/operate/workers/${ID}/drain`, { status: 202, body: asked });
    const { code, err } = await cli(['workers', 'drain', ID], { env });
    expect(code).toBe(0);
    expect(err).toContain(`asked ${ID} on gpu-1 to end`);
    expect(api.pathsReceived()).toEqual([`POST /v1/operate/workers/${ID}/drain`]);
  });

  it('says what a key is missing', async () => {
    const body = {
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      code: 'auth.scope',
      detail: 'This API key may not operate; use one with that scope.',
      instance: '/v1/operate/workers',
      request_id: 'req_1',
    };
    api.answerNext('/v1/operate/workers', { status: 403, body });
    const { code, err } = await cli(['workers', 'ls'], { env });
    expect(code).toBe(4);
    expect(err).toContain('may not operate');
  });
});
