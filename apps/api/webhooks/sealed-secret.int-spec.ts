import { beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { newSecretsKey, openWebhookSecret, SecretBox } from '#secrets';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const secretsKey = newSecretsKey();
const box = new SecretBox(secretsKey);

const rig = useApi(usePostgres(), { SECRETS_KEY: secretsKey });
beforeAll(async () => {
  await rig.serveModel('default');
});

const URL_ = 'https://example.com/hook';

/** A new tenant's `POST`. */
async function poster() {
  const { headers, tenantId } = await rig.createTenant();
  const post = async (url: string, payload: object, more = {}) =>
    (
      await rig.app.inject({ method: 'POST', url, headers: { ...headers, ...more }, payload })
    ).json();
  return { post, tenantId };
}

/** As stored, newest first. */
async function stored(webhook: string): Promise<string[]> {
  const rows = await rig.database.query<{ secret: string }>(
    'SELECT secret FROM webhook_secrets WHERE endpoint_id = $1 ORDER BY id DESC',
    [parsePublicId('webhook', webhook)],
  );
  return rows.map(({ secret }) => secret);
}

const openAll = (webhook: string, secrets: string[]) =>
  secrets.map((secret) => openWebhookSecret(box, parsePublicId('webhook', webhook)!, secret));

describe('with SECRETS_KEY', () => {
  it('no secret is stored in clear, after create and rotate', async () => {
    const { post } = await poster();
    const made = await post('/v1/webhooks', { url: URL_ });
    const rotated = await post(`/v1/webhooks/${made.id}/rotate`, { overlap_seconds: 60 });
    const secrets = await stored(made.id);
    expect(secrets).toEqual([
      expect.stringMatching(/^sealed1\./),
      expect.stringMatching(/^sealed1\./),
    ]);
    expect(openAll(made.id, secrets)).toEqual([rotated.secret, made.secret]);
    expect(made.secret).toMatch(/^whsec_/);
  });

  it('the secret of a job’s own webhook is sealed for that webhook', async () => {
    const { post, tenantId } = await poster();
    const [set] = await rig.database.query<{ id: string }>(
      `INSERT INTO image_sets (id, tenant_id, state, accepted)
       VALUES (gen_random_uuid(), $1, 'sealed', 1) RETURNING replace(id::text, '-', '') AS id`,
      [tenantId],
    );
    const order = { image_set: `set_${set!.id}`, tasks: [{ type: 'caption' }] };
    const { webhook } = await post('/v1/jobs', { ...order, webhook: { url: URL_ } });
    expect(webhook.secret).toMatch(/^whsec_/);
    const secrets = await stored(webhook.id);
    expect(secrets[0]).toMatch(/^sealed1\./);
    expect(openAll(webhook.id, secrets)).toEqual([webhook.secret]);
    // A second job finds the endpoint there, and seals nothing of its own.
    const next = await post('/v1/jobs', { ...order, webhook: { url: URL_ } });
    expect(next.webhook).toEqual({ id: webhook.id });
    expect(await stored(webhook.id)).toEqual(secrets);
  });

  it('the answer that is kept for an Idempotency-Key is sealed, and shown as it was', async () => {
    const { post, tenantId } = await poster();
    const key = { 'idempotency-key': 'a' };
    const made = await post('/v1/webhooks', { url: URL_ }, key);
    expect(await post('/v1/webhooks', { url: URL_ }, key)).toEqual(made);
    const kept = await rig.database.query(
      'SELECT response::text AS text FROM idempotency_keys WHERE tenant_id = $1',
      [tenantId],
    );
    expect(kept).toEqual([{ text: expect.stringContaining('sealed1.') }]);
    expect(kept[0]!['text']).not.toContain('whsec_');
  });
});
