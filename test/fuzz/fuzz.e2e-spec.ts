import { afterAll, beforeAll, expect, it } from 'vitest';
import { System } from '../rig/system.js';
import { fuzz } from './fuzz.js';

let system: System;

beforeAll(async () => {
  system = await System.start({ env: { LOG_LEVEL: 'error' } });
});
afterAll(() => system?.stop());

it('finds no answer of 5xx, no error without a code and no request without an answer', async () => {
  const report = await fuzz({ url: system.url, apiKey: system.apiKey, seed: 5, forMs: 25_000 });
  expect(report.findings).toEqual([]);
  expect(report.requests).toBeGreaterThan(500);
  // It comes past the door: many operations have done what they are for at least once.
  expect(report.reached).toBeGreaterThan(report.operations / 3);
});
