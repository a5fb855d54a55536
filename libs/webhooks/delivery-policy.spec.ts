import { describe, expect, it } from 'vitest';
import {
  GIVE_UP_AFTER_MS,
  JITTER,
  LONGEST_PAUSE_MS,
  LONGEST_THROTTLE_MS,
  planNextStep,
  RETRY_PAUSES_MS,
  THROTTLE_MS,
  webhookBody,
  type AttemptOutcome,
} from './index.js';

const plan = (outcome: Partial<AttemptOutcome>, random = 0) =>
  planNextStep({ attempt: 1, ...outcome }, random);
const hours = (ms: number) => ms / 3_600_000;

describe('the schedule', () => {
  it('is the published one: ten attempts in about three days', () => {
    const pauses = RETRY_PAUSES_MS.map((_, index) => plan({ attempt: index + 1, status: 500 }));
    expect(pauses.map(({ delivery }) => delivery)).toEqual(
      RETRY_PAUSES_MS.map((afterMs) => ({ kind: 'retry', afterMs })),
    );
    expect(hours(RETRY_PAUSES_MS.reduce((sum, ms) => sum + ms, 0))).toBeCloseTo(75.6, 1);
    expect(plan({ attempt: 10, status: 500 }).delivery).toEqual({ kind: 'failed' });
  });

  it('is spread by jitter, and never earlier', () => {
    const at = (random: number) => plan({ status: 500 }, random).delivery;
    expect(at(0)).toEqual({ kind: 'retry', afterMs: 5000 });
    expect(at(0.5)).toEqual({ kind: 'retry', afterMs: 5000 * (1 + JITTER / 2) });
  });
});

describe('an answer', () => {
  it.each([200, 201, 204, 299])('%i is a delivery', (status) =>
    expect(plan({ status, failingForMs: GIVE_UP_AFTER_MS })).toEqual({
      delivery: { kind: 'delivered' },
    }),
  );

  it.each([undefined, 199, 301, 302, 307, 400, 404, 500])('%s is tried again', (status) => {
    expect(plan({ status })).toMatchObject({ delivery: { kind: 'retry' } });
    expect(plan({ status }).throttleMs).toBeUndefined();
  });

  it('410 ends the endpoint', () => {
    expect(plan({ status: 410 })).toEqual({ delivery: { kind: 'failed' }, disable: 'gone' });
  });

  it.each([429, 502, 503, 504])('%i slows its endpoint down', (status) => {
    expect(plan({ status }).throttleMs).toBe(THROTTLE_MS);
    expect(plan({ status, retryAfterMs: 120_000 })).toEqual({
      delivery: { kind: 'retry', afterMs: 120_000 },
      throttleMs: 120_000,
      disable: undefined,
    });
    expect(plan({ status, retryAfterMs: 10 ** 12 })).toMatchObject({
      delivery: { kind: 'retry', afterMs: LONGEST_PAUSE_MS },
      throttleMs: LONGEST_THROTTLE_MS,
    });
  });

  it('that asks for less than the schedule gets the schedule', () => {
    expect(plan({ attempt: 2, status: 503, retryAfterMs: 1000 }).delivery).toEqual({
      kind: 'retry',
      afterMs: 300_000,
    });
  });
});

describe('an endpoint', () => {
  it('is given up when nothing has got through for five days', () => {
    expect(plan({ failingForMs: GIVE_UP_AFTER_MS - 1 }).disable).toBeUndefined();
    expect(plan({ failingForMs: GIVE_UP_AFTER_MS }).disable).toBe('failing');
  });
});

describe('a body', () => {
  const event = {
    type: 'job.finished',
    createdAt: new Date(0),
    data: {
      object: 'job',
      id: 'job_1',
      state: 'completed',
      outcome: 'failed',
      tasks: [],
      metadata: {},
    },
  };
  it('is thin, with a way to the rest, or full', () => {
    expect(JSON.parse(webhookBody(event, 'thin'))).toEqual({
      type: 'job.finished',
      timestamp: '1970-01-01T00:00:00.000Z',
      data: {
        object: 'job',
        id: 'job_1',
        state: 'completed',
        outcome: 'failed',
        url: '/v1/jobs/job_1',
      },
    });
    expect(JSON.parse(webhookBody(event, 'full')).data).toEqual(event.data);
  });
});
