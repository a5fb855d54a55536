import { expect, it } from 'vitest';
import { jobQuerySchema } from '#contracts';
import { jobQuery, readJobSearch, SHOWS } from './job-search.js';

it('reads only what it knows from the address', () => {
  expect(readJobSearch({ show: 'failed', q: ' sum ', x: 1 })).toEqual({ show: 'failed', q: 'sum' });
  expect(readJobSearch({ show: 'nonsense', q: '', model: {} })).toEqual({});
});

it.each([undefined, ...SHOWS])('asks the API only what it takes (%s)', (show) => {
  const query = jobQuery({ show, q: 'a&b', model: 'm' });
  const asked = Object.fromEntries([...query.keys()].map((key) => [key, query.getAll(key)]));
  const flat = Object.entries(asked).map(([key, all]) => [key, all.length > 1 ? all : all[0]]);
  expect(jobQuerySchema.safeParse(Object.fromEntries(flat)).error).toBeUndefined();
});
