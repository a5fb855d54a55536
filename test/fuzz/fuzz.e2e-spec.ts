import { afterAll, beforeAll, expect, it } from 'vitest';
import { System } from '../rig/system.js';
import { fuzz } from './fuzz.js';

/** Of 2,000 half of the operations are reached, of 500 a third: it takes as long as a slow machine needs for more. */
const LEAST_REQUESTS = 3_000;

let system: System;

beforeAll(async () => {
  system = await System.start({ env: { LOG_LEVEL: 'error' } });
});
afterAll(() => system?.stop());

it('finds no answer of 5xx, no error without a code and no request without an answer', async () => {
  const { url, apiKey } = system;
  const limits = { forMs: 25_000, leastRequests: LEAST_REQUESTS };
  const report = await fuzz({ url, apiKey, seed: 5, ...limits });
  expect(report.findings).toEqual([]);
  expect(report.requests).toBeGreaterThan(500);
  // It comes past the door: many operations have done what they are for at least once.
  expect(report.reached).toBeGreaterThan(report.operations / 3);
});
