import { describe, expect, it } from 'vitest';
import { isWellFormedSecretsKey, newSecretsKey, SecretBox } from './index.js';

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

  it('takes keys of 32 bytes alone', () => {
    const key = newSecretsKey();
    expect(isWellFormedSecretsKey(key)).toBe(true);
    expect(isWellFormedSecretsKey(`${key},${newSecretsKey()}`)).toBe(true);
    for (const text of ['', 'x', key.slice(4), `${key},`, 'a'.repeat(44)]) {
      expect(isWellFormedSecretsKey(text)).toBe(false);
    }
  });
});
