import { errorReport } from './error-report.js';
import type { CliContext } from './context.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { Output, type OutputStream } from './output/output.js';
import { buildProgram } from './program.js';

export interface CliInput {
  /** Without the names of node and of the script. */
  args: readonly string[];
  stdout: OutputStream;
  stderr: OutputStream;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** Runs one command to its end; resolves with the exit code and never rejects. */
export async function runCli(input: CliInput): Promise<number> {
  const output = new Output(input.stdout, input.stderr, input.env);
  const context: CliContext = { output, env: input.env, signal: input.signal, exitCode: EXIT.ok };
  const isJson = wantsJson(input.args);
  try {
    await buildProgram(context, isJson).parseAsync(input.args, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    const report = errorReport(error, isJson);
    if (report !== undefined) output.note(report);
    return exitCodeOf(error);
  }
}

/** Read before the command line is understood, because not understanding it is an error to report too. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const flags = end === -1 ? args : args.slice(0, end);
  return flags.includes('--json') || flags.includes('--jsonl');
}
