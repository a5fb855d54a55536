import { describe, expect, it } from 'vitest';
import {
  isWellFormedSecretsKey,
  newSecretsKey,
  openWebhookSecret,
  SecretBox,
  sealWebhookSecret,
} from './index.js';

const secret = 'AKIA… and the rest';

describe('a secret box', () => {
  it('opens what it has sealed, and never seals the same way twice', () => {
    const box = new SecretBox(newSecretsKey());
    const sealed = [box.seal(secret, 'a'), box.seal(secret, 'a'), box.seal('', 'a')];
    expect(sealed.map((one) => box.open(one, 'a'))).toEqual([secret, secret, '']);
    expect(new Set(sealed).size).toBe(3);
    expect(sealed.join()).not.toContain('AKIA');
  });

  it('opens nothing for another place, by another key, or that was changed', () => {
    const box = new SecretBox(newSecretsKey());
    const sealed = box.seal(secret, 'import 1');
    const bad = { code: 'secrets.unreadable' };
    expect(() => box.open(sealed, 'import 2')).toThrow(expect.objectContaining(bad));
    expect(() => new SecretBox(newSecretsKey()).open(sealed, 'import 1')).toThrow(
      expect.objectContaining(bad),
    );
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      expect(() => box.open(changed, 'import 1')).toThrow(expect.objectContaining(bad));
    }
    for (const cut of ['', 'sealed1.', secret, sealed.slice(0, 30)]) {
      expect(() => box.open(cut, 'import 1')).toThrow(expect.objectContaining(bad));
    }
  });

  it('opens with every key it has, and seals with the first', () => {
    const [old, next] = [newSecretsKey(), newSecretsKey()];
    const sealed = new SecretBox(old).seal(secret, 'a');
    const both = new SecretBox(`${next},${old}`);
    expect(both.open(sealed, 'a')).toBe(secret);
    expect(new SecretBox(next).open(both.seal(secret, 'a'), 'a')).toBe(secret);
  });

  it('without a key seals nothing', () => {
    expect(() => new SecretBox(undefined).seal(secret, 'a')).toThrow(
      expect.objectContaining({ code: 'secrets.no_key' }),
    );
  });

  it('tells what its first key has sealed', () => {
    const [old, next] = [newSecretsKey(), newSecretsKey()];
    const both = new SecretBox(`${next},${old}`);
    const form = both.newestForm!;
    for (const text of [secret, '', 'x']) expect(both.seal(text, 'a').startsWith(form)).toBe(true);
    expect(new SecretBox(old).seal(secret, 'a').startsWith(form)).toBe(false);
    expect(new SecretBox(undefined).newestForm).toBeUndefined();
  });

  it('takes keys of 32 bytes alone', () => {
    const key = newSecretsKey();
    expect(isWellFormedSecretsKey(key)).toBe(true);
    expect(isWellFormedSecretsKey(`${key},${newSecretsKey()}`)).toBe(true);
    for (const text of ['', 'x', key.slice(4), `${key},`, 'a'.repeat(44)]) {
      expect(isWellFormedSecretsKey(text)).toBe(false);
    }
  });
});

describe('a webhook secret', () => {
  it('is sealed for its endpoint alone, and read in either form', () => {
    const box = new SecretBox(newSecretsKey());
    const sealed = sealWebhookSecret(box, 'a', 'whsec_x');
    expect(sealed).toMatch(/^sealed1\./);
    expect(openWebhookSecret(box, 'a', sealed)).toBe('whsec_x');
    expect(openWebhookSecret(box, 'a', 'whsec_x')).toBe('whsec_x');
    for (const [other, endpoint] of [
      [box, 'b'],
      [new SecretBox(undefined), 'a'],
    ] as const) {
      expect(() => openWebhookSecret(other, endpoint, sealed)).toThrow(
        expect.objectContaining({ code: 'secrets.unreadable' }),
      );
    }
  });

  it('stays as it is without a key', () => {
    const none = new SecretBox(undefined);
    expect(sealWebhookSecret(none, 'a', 'whsec_x')).toBe('whsec_x');
    expect(openWebhookSecret(none, 'a', 'whsec_x')).toBe('whsec_x');
  });
});
