import { describe, expect, it } from 'vitest';
import type { Series } from '#contracts';
import { chartsOf } from './charts.js';
import { readQueueSearch } from './queue-search.js';
import { oldestOf, totalOf, waitedFor, type Waiting } from './waiting.js';

const line = (more: Partial<Waiting> = {}): Waiting => ({
  pool: 'm',
  priority: 0,
  jobs: 1,
  items: 10,
  accelerator_seconds: 2.5,
  waiting_since: null,
  ...more,
});

describe('what waits', () => {
  it('is summed, and as old as the oldest that waits for its first worker', () => {
    const late = '2026-11-01T10:00:00.000Z';
    const early = '2026-11-01T09:00:00.000+00:00';
    const waiting = [line(), line({ waiting_since: late }), line({ waiting_since: early })];
    expect(totalOf(waiting)).toEqual({ items: 30, seconds: 7.5 });
    expect(oldestOf(waiting)).toBe(early);
    expect(waitedFor(early, Date.parse(late))).toBe('60 min');
    expect([oldestOf([line()]), waitedFor(null, 0)]).toEqual([null, 'none']);
  });
});

describe('the address of the page', () => {
  it('says how far back to look, and at which pool, or nothing that is known', () => {
    expect(readQueueSearch({ span: '24h', pool: 'm' })).toEqual({ span: '24h', pool: 'm' });
    expect(readQueueSearch({ span: '2h', pool: '' })).toEqual({});
  });
});

describe('the charts', () => {
  const none = [null, null];
  const series = {
    times: [0, 10],
    gpu_percent: none,
    cpu_percent: [10, 20],
  } as unknown as Series;
  const names = (of: Series) =>
    chartsOf(of)
      .at(-1)!
      .lines.map(({ name }) => name);

  it('have no line of a GPU that nobody tells of', () => {
    expect(names(series)).toEqual(['CPU']);
    expect(names({ ...series, gpu_percent: [null, 97] })).toEqual(['CPU', 'GPU']);
  });
});
