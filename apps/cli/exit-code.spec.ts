import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { ApiProblem } from './client/api-problem.js';
import { EXIT, exitCodeOf, usageError } from './exit-code.js';
import { aProblem } from './testing/samples.js';

describe('exitCodeOf', () => {
  it.each([
    [400, 1],
    [401, 4],
    [403, 4],
    [404, 3],
    [409, 5],
    [413, 5],
    [422, 1],
    [429, 5],
    [500, 1],
    [503, 1],
  ])('answers HTTP %i with %i', (status, code) => {
    expect(exitCodeOf(new ApiProblem(aProblem({ status })))).toBe(code);
  });

  it.each([
    [usageError('x'), EXIT.usage],
    [new AppError('cli.timeout', 'x'), 124],
    [new AppError('cli.interrupted', 'x'), 130],
    [new AppError('cli.pipe_closed', 'x'), 0],
    [new AppError('embedded.service_failed', 'x'), 1],
    [new CommanderError(1, 'commander.unknownOption', 'x'), 2],
    [new CommanderError(0, 'commander.version', 'x'), 0],
    [new TypeError('x'), 1],
  ])('answers %o with %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
