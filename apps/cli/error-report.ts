import { CommanderError } from 'commander';
import { AppError } from '#contracts';
import { ApiProblem } from './client/api-problem.js';
import { exitCodeOf } from './exit-code.js';

/** What stderr says about an error; undefined when there is nothing to say. */
export function errorReport(error: unknown, isJson: boolean): string | undefined {
  if (isSilent(error, isJson)) return undefined;
  return isJson ? JSON.stringify(toProblem(error)) : toText(error);
}

function isSilent(error: unknown, isJson: boolean): boolean {
  if (error instanceof AppError) return error.code === 'cli.pipe_closed';
  // commander has already written it, as text; for --help and --version it is no error.
  return error instanceof CommanderError && (!isJson || error.exitCode === 0);
}

function toText(error: unknown): string {
  if (!(error instanceof AppError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `pallet: this is a bug; please report it with these lines:\n${stack}`;
  }
  const lines = [`pallet: ${error.message} [${error.code}]`];
  if (error instanceof ApiProblem) {
    lines.push(
      ...(error.problem.errors ?? []).map(({ pointer, detail }) => `  ${pointer}: ${detail}`),
    );
    if (error.problem.request_id !== '') lines.push(`  request ${error.problem.request_id}`);
  }
  return lines.join('\n');
}

/** The server's own problem, or one of the same shape for what went wrong on this side. */
function toProblem(error: unknown): unknown {
  if (error instanceof ApiProblem) return error.problem;
  const code =
    error instanceof AppError || error instanceof CommanderError ? error.code : 'cli.bug';
  const detail = error instanceof Error ? error.message : String(error);
  return {
    type: 'about:blank',
    title: code,
    detail,
    code,
    exit_code: exitCodeOf(error),
  };
}
