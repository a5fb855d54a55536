import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createWebhookSecret, isWebhookSigned, secretBytes, signWebhook } from './index.js';

const BODY = '{"type":"job.finished","data":{"name":"Zürich"}}';

describe('a signature', () => {
  it('is that of the test vector of Standard Webhooks', () => {
    const headers = signWebhook(
      ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330_000,
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is verified by the reference library, during a rotation by both secrets', () => {
    const secrets = [createWebhookSecret(), createWebhookSecret()];
    const headers = signWebhook(secrets, 'evt_1', Date.now(), BODY);
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(BODY, headers)).toEqual(JSON.parse(BODY));
      expect(isWebhookSigned(secret, headers, BODY, Date.now())).toBe(true);
    }
    const stranger = createWebhookSecret();
    expect(() => new Webhook(stranger).verify(BODY, headers)).toThrow(/signature/i);
    expect(isWebhookSigned(stranger, headers, BODY, Date.now())).toBe(false);
  });

  it('of the reference library is verified by us', () => {
    const secret = createWebhookSecret();
    const at = new Date();
    const headers = {
      'webhook-id': 'a',
      'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
      'webhook-signature': new Webhook(secret).sign('a', at, BODY),
    };
    expect(isWebhookSigned(secret, headers, BODY, at.getTime())).toBe(true);
  });

  it('does not hold for other bytes, another id, another time, or nothing', () => {
    const secret = createWebhookSecret();
    const headers = signWebhook([secret], 'evt_1', 1_000_000, BODY);
    const holds = (changed: object, body = BODY, nowMs = 1_000_000) =>
      isWebhookSigned(secret, { ...headers, ...changed }, body, nowMs);
    expect(holds({})).toBe(true);
    expect(holds({}, `${BODY} `)).toBe(false);
    expect(holds({ 'webhook-id': 'evt_2' })).toBe(false);
    expect(holds({ 'webhook-timestamp': '1001' })).toBe(false);
    expect(holds({ 'webhook-timestamp': 'soon' })).toBe(false);
    expect(holds({ 'webhook-signature': undefined })).toBe(false);
    expect(holds({ 'webhook-signature': 'v1,' })).toBe(false);
    expect(holds({}, BODY, 1_301_001)).toBe(false);
  });
});

describe('a secret', () => {
  it('has 32 random bytes and is never in an error', () => {
    expect(secretBytes(createWebhookSecret())).toHaveLength(32);
    expect(createWebhookSecret()).not.toBe(createWebhookSecret());
    for (const bad of ['whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', '']) {
      expect(() => secretBytes(bad)).toThrow(/whsec_ and 24/);
    }
    expect(() => secretBytes('whsec_c2hvcnQ=')).not.toThrow(/c2hvcnQ/);
  });
});
