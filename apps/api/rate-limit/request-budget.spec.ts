import { describe, expect, it } from 'vitest';
import { RequestBudget } from './request-budget.js';

describe('a budget of requests', () => {
  it('is each key’s own, and new in each window', () => {
    let now = 60_000;
    const budget = new RequestBudget(2, 60_000, () => now);
    expect(budget.take('a')).toEqual({ remaining: 1, resetSeconds: 60, isSpent: false });
    now += 30_500;
    expect(budget.take('a')).toEqual({ remaining: 0, resetSeconds: 30, isSpent: false });
    expect(budget.take('a')).toEqual({ remaining: 0, resetSeconds: 30, isSpent: true });
    expect(budget.take('b').isSpent).toBe(false);
    now = 120_000;
    expect(budget.take('a')).toEqual({ remaining: 1, resetSeconds: 60, isSpent: false });
  });
});
