import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli } from '../testing/captured.js';
import { FakeApi } from '../testing/fake-api.js';

const USAGE = {
  object: 'usage',
  stored_bytes: { used: 1_250_000, limit: 10_000_000 },
  images: { used: 12, limit: 100_000_000 },
  image_sets: { used: 2, limit: 4 },
  open_jobs: { used: 0, limit: 10 },
  queued_items: { used: 7, limit: 1_000 },
};
let api: FakeApi;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  api = await FakeApi.start();
  env = { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
  api.answerNext('/v1/usage', { status: 200, body: USAGE });
});
afterEach(() => api.stop());

describe('pallet usage', () => {
  it('shows what is used, the limit and the share', async () => {
    const { code, out } = await cli(['usage'], { env });
    expect(code).toBe(0);
    expect(out).toMatch(/^WHAT +USED +LIMIT +SHARE\n/);
    expect(out).toMatch(/^stored bytes +1,250,000 +10,000,000 +12\.5 %$/m);
    expect(out).toMatch(/^waiting images +7 +1,000 +0\.7 %$/m);
    expect(out.trim().split('\n')).toHaveLength(6);
  });

  it('gives the answer as it is with --json', async () => {
    const { out } = await cli(['usage', '--json'], { env });
    expect(JSON.parse(out)).toEqual(USAGE);
  });
});
