import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, type Webhook, type WebhookDelivery } from '#contracts';
import { createWebhookSecret, signWebhook } from '#webhooks';
import { Captured, cli } from '../../testing/captured.js';
import { FakeApi } from '../../testing/fake-api.js';

const ID = `whe_${'0'.repeat(32)}`;
const DELIVERY_ID = `whd_${'1'.repeat(32)}`;
const AT = '2026-01-01T00:00:00.000Z';

const aWebhook = (more: Partial<Webhook> = {}): Webhook => ({
  object: 'webhook',
  id: ID,
  url: 'https://example.com/',
  events: ['job.finished'],
  payload: 'thin',
  scope: 'all',
  description: null,
  state: 'enabled',
  disabled_reason: null,
  failing_since: null,
  created_at: AT,
  ...more,
});
const aDelivery: WebhookDelivery = {
  object: 'webhook.delivery',
  id: DELIVERY_ID,
  webhook: ID,
  state: 'failed',
  attempts: 10,
  event: { id: `evt_${'2'.repeat(32)}`, type: 'job.finished', created_at: AT },
  last_status: 500,
  last_error: 'webhook.not_accepted',
  next_attempt_at: null,
  delivered_at: null,
  created_at: AT,
};
const page = (...data: unknown[]) => ({ object: 'list', data, next_cursor: null, has_more: false });

let api: FakeApi;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  api = await FakeApi.start();
  env = { PALLET_URL: api.url, PALLET_API_KEY: api.apiKey };
});
afterEach(() => api.stop());
const answer = (path: string, body?: unknown, status = 200) =>
  api.answerNext(`/v1/webhooks${path}`, { status, body });

describe('pallet webhooks', () => {
  it('create prints the id alone, and the secret beside it', async () => {
    answer('', aWebhook({ secret: 'whsec_x' }), 201);
    const args = ['webhooks', 'create', 'https://example.com/', '--event', 'job.finished'];
    const { code, out, err } = await cli(args, { env });
    expect([code, out]).toEqual([0, `${ID}\n`]);
    expect(err).toContain('whsec_x');
    expect(api.received[0]?.json).toMatchObject({ events: ['job.finished'], scope: 'all' });
  });

  it('ls, deliveries, resend and recover say what the API says', async () => {
    answer('', page(aWebhook({ state: 'disabled', disabled_reason: 'gone' })));
    expect((await cli(['webhooks', 'ls'], { env })).out).toContain('disabled (gone)');
    answer(`/${ID}/deliveries`, page(aDelivery));
    const listed = await cli(['webhooks', 'deliveries', ID, '--state', 'failed'], { env });
    expect(listed.out).toMatch(new RegExp(`${DELIVERY_ID} +job.finished +failed +10 +500`));
    answer(`/${ID}/deliveries/${DELIVERY_ID}`, { ...aDelivery, log: [] });
    const one = await cli(['webhooks', 'deliveries', ID, DELIVERY_ID], { env });
    expect(JSON.parse(one.out)).toEqual({ ...aDelivery, log: [] });
    answer(`/${ID}/deliveries/${DELIVERY_ID}/resend`, aDelivery, 202);
    expect((await cli(['webhooks', 'resend', ID, DELIVERY_ID], { env })).out).toBe(
      `${DELIVERY_ID}\n`,
    );
    const recovery = { object: 'webhook.recovery', webhook: ID, since: AT, deliveries: 3 };
    answer(`/${ID}/recover`, recovery, 202);
    const recovered = await cli(['webhooks', 'recover', ID, '--since', '2026-01-01'], { env });
    expect(recovered.out).toBe('3 events are sent now\n');
    expect(api.received.at(-1)?.json).toEqual({ since: AT });
  });

  it('rotate, test, disable and rm change it', async () => {
    answer(`/${ID}/rotate`, aWebhook({ secret: 'whsec_next' }));
    const rotated = await cli(['webhooks', 'rotate', ID, '--overlap', '60'], { env });
    expect(rotated.err).toContain('whsec_next');
    expect(api.received.at(-1)?.json).toEqual({ overlap_seconds: 60 });
    answer(`/${ID}/test`, aDelivery, 202);
    expect((await cli(['webhooks', 'test', ID], { env })).out).toBe(`${DELIVERY_ID}\n`);
    answer(`/${ID}`, aWebhook({ state: 'disabled' }));
    expect((await cli(['webhooks', 'disable', ID], { env })).err).toContain('is disabled');
    answer(`/${ID}`, undefined, 204);
    expect((await cli(['webhooks', 'rm', ID], { env })).code).toBe(0);
    expect(api.pathsReceived().slice(-2)).toEqual([
      `PATCH /v1/webhooks/${ID}`,
      `DELETE /v1/webhooks/${ID}`,
    ]);
  });

  it('edit sends what is to change, and nothing else', async () => {
    const edit = (...args: string[]) => {
      answer(`/${ID}`, aWebhook({ url: 'https://example.com/new' }));
      return cli(['webhooks', 'edit', ID, ...args], { env });
    };
    const moved = await edit('--to', 'https://example.com/new');
    expect([moved.code, moved.out]).toEqual([0, '']);
    expect(moved.err).toContain(`changed ${ID}, which sends to https://example.com/new`);
    const told = await edit('--event', 'job.started', 'job.finished', '--payload', 'full');
    expect(told.code).toBe(0);
    const json = await edit('--description', '', '--json');
    expect(JSON.parse(json.out)).toEqual(aWebhook({ url: 'https://example.com/new' }));
    expect(api.received.map(({ json: sent }) => sent)).toEqual([
      { url: 'https://example.com/new' },
      { events: ['job.started', 'job.finished'], payload: 'full' },
      { description: '' },
    ]);
    expect(new Set(api.pathsReceived())).toEqual(new Set([`PATCH /v1/webhooks/${ID}`]));
  });

  it('edit says why an address was refused', async () => {
    const refusal = {
      type: 'urn:pallet:problem:outgoing.forbidden_address',
      title: 'Unprocessable Entity',
      status: 422,
      detail: '10.0.0.1 leads to an address that is not public.',
      code: 'outgoing.forbidden_address',
      request_id: 'req_1',
    };
    answer(`/${ID}`, refusal, 422);
    const args = ['webhooks', 'edit', ID, '--to', 'https://10.0.0.1/'];
    const { code, err } = await cli(args, { env });
    expect(code).not.toBe(0);
    expect(err).toContain(refusal.detail);
    expect(err).toContain(refusal.code);
  });

  it.each([
    [['webhooks', 'create']],
    [['webhooks', 'create', 'https://x/', '--event', 'job.danced']],
    [['webhooks', 'recover', ID, '--since', 'yesterday']],
    [['webhooks', 'rotate', ID, '--overlap', '-1']],
    [['webhooks', 'edit', ID]],
    [['webhooks', 'edit', ID, '--url', 'https://example.com/new']],
    [['webhooks', 'edit', ID, '--event', 'job.danced']],
  ])('a wrong command line %j exits with 2, and sends nothing', async (args) => {
    expect((await cli(args, { env })).code).toBe(2);
    expect(api.received).toEqual([]);
  });
});

describe('pallet webhooks listen', () => {
  const secret = createWebhookSecret();
  const body = JSON.stringify({ type: 'job.finished', timestamp: AT, data: { id: 'job_1' } });
  const post = (url: string, headers: Record<string, string>) =>
    fetch(url, { method: 'POST', body, headers }).then(({ status }) => status);

  async function listen(...args: string[]) {
    answer('', aWebhook({ secret }), 201);
    answer(`/${ID}`, undefined, 204);
    const interrupt = new AbortController();
    const [stdout, stderr] = [new Captured(), new Captured()];
    const all = ['webhooks', 'listen', ...args];
    const running = cli(all, { env, stdout, stderr, signal: interrupt.signal });
    await expect.poll(() => stderr.text).toContain('listens on');
    const url = String(api.received[0]?.json?.['url']);
    const stop = () => {
      interrupt.abort(new AppError('cli.interrupted', 'Interrupted.'));
      return running;
    };
    return { url, stdout, stderr, stop };
  }

  it('prints what is signed, refuses what is not, and removes itself at the end', async () => {
    const { url, stdout, stderr, stop } = await listen();
    expect(await post(url, signWebhook([secret], 'evt_1', Date.now(), body))).toBe(204);
    const forged = signWebhook([createWebhookSecret()], 'evt_2', Date.now(), body);
    expect(await post(url, forged)).toBe(401);
    expect(JSON.parse(stdout.text)).toMatchObject({
      id: 'evt_1',
      type: 'job.finished',
      status: 204,
    });
    expect(stderr.text).toContain('without a valid signature');
    await stop();
    expect(api.pathsReceived()).toEqual(['POST /v1/webhooks', `DELETE /v1/webhooks/${ID}`]);
    await expect(post(url, {})).rejects.toThrow('fetch failed');
  });

  it('forwards the very bytes with their signature, and answers what it was answered', async () => {
    const seen: { body: string; signature: unknown }[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        seen.push({ body: text, signature: request.headers['webhook-signature'] });
        response.writeHead(418).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { url, stop } = await listen('--forward-to', to);
    const headers = signWebhook([secret], 'evt_1', Date.now(), body);
    expect(await post(url, headers)).toBe(418);
    expect(seen).toEqual([{ body, signature: headers['webhook-signature'] }]);
    server.closeAllConnections();
    server.close();
    expect(await post(url, headers)).toBe(502);
    await stop();
  });
});
