import { describe, expect, it } from 'vitest';
import { ErrorReport } from './error-report.js';

function setup() {
  const told: string[] = [];
  const clock = { ms: 0 };
  const errors = new ErrorReport(
    ({ message }) => told.push(message),
    () => clock.ms,
  );
  return { told, clock, errors };
}

describe('ErrorReport', () => {
  it('tells the same message once in ten seconds', () => {
    const { told, clock, errors } = setup();
    errors.report(new Error('refused'));
    errors.report(new Error('refused'));
    errors.report('a lost lock');
    clock.ms = 10_001;
    errors.report(new Error('refused'));
    expect(told).toEqual(['refused', 'a lost lock', 'refused']);
  });

  it('remembers a bounded number of messages', () => {
    const { told, errors } = setup();
    for (let n = 0; n < 101; n += 1) errors.report(new Error(`error ${n}`));
    errors.report(new Error('error 0'));
    expect(told).toHaveLength(102);
  });
});
