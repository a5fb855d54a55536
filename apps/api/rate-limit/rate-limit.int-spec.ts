import { describe, expect, it } from 'vitest';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres(), { RATE_LIMIT_PER_MINUTE: '5' });

describe('requests of one key', () => {
  it('are told what is left, then when to come back; other keys go on', async () => {
    const [busy, other] = [await rig.createTenant(), await rig.createTenant()];
    const ask = (headers: Record<string, string>) => rig.app.inject({ url: '/v1/jobs', headers });
    const first = await ask(busy.headers);
    expect(first.headers['ratelimit-policy']).toBe('"key";q=5;w=60');
    expect(first.headers['ratelimit']).toMatch(/^"key";r=4;t=\d+$/);
    // A window may end in between: two of them hold ten.
    const answers = await Promise.all(Array.from({ length: 11 }, () => ask(busy.headers)));
    const refused = answers.find(({ statusCode }) => statusCode === 429)!;
    expect(refused.json()).toMatchObject({ code: 'rate.limited', status: 429 });
    expect(Number(refused.headers['retry-after'])).toBe(refused.json().retry_after);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(refused.headers['ratelimit']).toMatch(/^"key";r=0;t=\d+$/);
    expect((await ask(other.headers)).statusCode).toBe(200);
    expect((await rig.app.inject({ url: '/health/live' })).headers['ratelimit']).toBeUndefined();
  });
});
