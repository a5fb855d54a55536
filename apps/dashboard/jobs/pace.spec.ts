import { expect, it } from 'vitest';
import type { Job } from '#contracts';
import { addLook, paceOf, type Look } from './pace.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const job = (ended: number, state: Job['state'] = 'running') =>
  ({
    state,
    started_at: '2026-01-01T00:00:00Z',
    item_counts: { total: 1_000, succeeded: ended, failed: 0, cancelled: 0 },
  }) as Job;

it('tells the pace of what it has seen, not of the whole time', () => {
  const looks = [
    { at: START + 60_000, ended: 100 },
    { at: START + 70_000, ended: 300 },
  ];
  expect(paceOf(job(300), looks, START + 70_000)).toEqual({ perSecond: 20, secondsLeft: 35 });
});

it('takes the time since the start until it has seen enough', () => {
  const looks = [{ at: START + 10_000, ended: 100 }];
  expect(paceOf(job(100), looks, START + 10_000)).toEqual({ perSecond: 10, secondsLeft: 90 });
});

it('promises no end to a job that stands still, and no pace to one that does not run', () => {
  const looks = [
    { at: START, ended: 5 },
    { at: START + 20_000, ended: 5 },
  ];
  expect(paceOf(job(5), looks, START + 20_000)).toEqual({ perSecond: 0, secondsLeft: undefined });
  expect(paceOf(job(5, 'paused'), looks, START)).toBeUndefined();
});

it('forgets what is long ago', () => {
  let looks: readonly Look[] = [];
  for (let second = 0; second < 300; second++) {
    looks = addLook(looks, { at: second * 1000, ended: second });
  }
  expect(looks.length).toBeLessThan(40);
});
