import { afterEach, describe, expect, it } from 'vitest';
import { openHealthPort, type HealthPort, type ProcessHealth } from './health-port.js';
import { createRegistry, Gauge } from './metrics.js';

const READY: ProcessHealth = { status: 'ready', isLive: true, isReady: true };
let port: HealthPort | undefined;
afterEach(() => port?.close());

async function open(health: ProcessHealth = READY) {
  const registry = createRegistry();
  port = await openHealthPort({ host: '127.0.0.1', port: 0, registry, health: () => health });
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`${port!.url}${path}`, { method });
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  return { registry, get };
}

describe('the health port', () => {
  it.each([
    [READY, 200, 200],
    [{ status: 'starting', isLive: true, isReady: false }, 200, 503],
    [{ status: 'unhealthy', isLive: false, isReady: false }, 503, 503],
  ])('answers for %j', async (health, live, ready) => {
    const { get } = await open(health);
    const [alive, readiness] = [await get('/health/live'), await get('/health/ready?x=1')];
    expect([alive.status, readiness.status]).toEqual([live, ready]);
    expect(JSON.parse(readiness.body)).toEqual({ status: health.status });
  });

  it('shows metrics as Prometheus reads them', async () => {
    const { registry, get } = await open();
    new Gauge({ name: 'pallet_x_seconds', help: 'x', registers: [registry] }).set(2);
    const { body, headers } = await get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toContain('pallet_x_seconds 2\n');
    expect(body).toContain('process_cpu_seconds_total');
    expect(body).toContain('nodejs_eventloop_lag_seconds');
  });

  it('knows nothing else', async () => {
    const { get } = await open();
    expect((await get('/v1/jobs')).status).toBe(404);
    expect((await get('/metrics', 'POST')).status).toBe(405);
  });

  it('says so when its port is taken', async () => {
    await open();
    const taken = Number(new URL(port!.url).port);
    const registry = createRegistry();
    const second = openHealthPort({
      host: '127.0.0.1',
      port: taken,
      registry,
      health: () => READY,
    });
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  });
});
