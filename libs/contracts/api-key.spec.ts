import { describe, expect, it } from 'vitest';
import { createApiKey, isWellFormedApiKey } from './api-key.js';

describe('API keys', () => {
  it('are recognised as made', () => {
    for (let i = 0; i < 100; i++) expect(isWellFormedApiKey(createApiKey())).toBe(true);
    expect(createApiKey()).not.toBe(createApiKey());
  });

  it('keep their checksum over versions', () => {
    expect(isWellFormedApiKey('plt_0000000000000000000000000000002C8GjT')).toBe(false);
    expect(isWellFormedApiKey(`plt_${'0'.repeat(30)}2C8GjS`)).toBe(true);
  });

  it('show a typo at any place', () => {
    const key = createApiKey();
    for (let at = 4; at < key.length; at++) {
      const typo = key[at] === 'a' ? 'b' : 'a';
      expect(isWellFormedApiKey(key.slice(0, at) + typo + key.slice(at + 1))).toBe(false);
    }
  });

  it('are nothing else', () => {
    const others = [
      '',
      'plt_',
      `ghp_${createApiKey().slice(4)}`,
      `${createApiKey()} `,
      ` ${createApiKey()}`,
    ];
    for (const text of others) expect(isWellFormedApiKey(text)).toBe(false);
  });
});
