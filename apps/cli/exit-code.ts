import { CommanderError } from 'commander';
import { AppError } from '#contracts';
import { ApiProblem } from './client/api-problem.js';

/** What the shell sees; documented in `pallet --help`. 124 and 130 are what `timeout` and SIGINT give. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  conflict: 5,
  failedItems: 6,
  timeout: 124,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  'cli.usage': EXIT.usage,
  'model.bad_name': EXIT.usage,
  'model.not_found': EXIT.notFound,
  'model.busy': EXIT.conflict,
  'import.exists': EXIT.conflict,
  'hub.bad_repository': EXIT.usage,
  'hub.bad_address': EXIT.usage,
  'hub.two_adapters': EXIT.usage,
  'hub.repository_not_found': EXIT.notFound,
  'hub.revision_not_found': EXIT.notFound,
  'hub.gated': EXIT.auth,
  'hub.token_refused': EXIT.auth,
  'cli.unauthenticated': EXIT.auth,
  'cli.timeout': EXIT.timeout,
  'cli.interrupted': EXIT.interrupted,
  // The reader of our output has what it wants (`| head`): nothing went wrong.
  'cli.pipe_closed': EXIT.ok,
};

const BY_STATUS: Readonly<Record<number, ExitCode>> = {
  401: EXIT.auth,
  403: EXIT.auth,
  404: EXIT.notFound,
  410: EXIT.notFound,
  402: EXIT.conflict,
  409: EXIT.conflict,
  412: EXIT.conflict,
  413: EXIT.conflict,
  429: EXIT.conflict,
  507: EXIT.conflict,
};

export function exitCodeOf(error: unknown): ExitCode {
  // commander throws for --help and --version too, with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ApiProblem) return BY_STATUS[error.problem.status] ?? EXIT.failed;
  if (error instanceof AppError) return BY_CODE[error.code] ?? EXIT.failed;
  return EXIT.failed;
}

/** A wrong command line; `message` says what to write instead. */
export const usageError = (message: string): AppError => new AppError('cli.usage', message);
