import { expect, it } from 'vitest';
import { localTime } from './local-time.js';

it('is the same moment, to a minute, when it is read as the reader means it', () => {
  for (const iso of ['2026-01-31T23:59:30Z', '2026-03-29T01:30:00Z', '2026-07-01T00:00:00Z']) {
    const text = localTime(new Date(iso));
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
    expect(new Date(text).getTime()).toBe(Math.floor(Date.parse(iso) / 60_000) * 60_000);
  }
});
