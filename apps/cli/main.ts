import { AppError } from '#contracts';
import { EXIT } from './exit-code.js';
import { runCli } from './run-cli.js';

/** Under `npm run` one Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const ECHO_MS = 500;

const interrupt = new AbortController();
let interruptedAt = Infinity;
const onSignal = (): void => {
  if (!interrupt.signal.aborted) {
    interruptedAt = Date.now();
    interrupt.abort(new AppError('cli.interrupted', 'Interrupted.'));
  } else if (Date.now() - interruptedAt > ECHO_MS) {
    // The second one does not wait. What we started sees us go and ends by itself.
    process.exit(EXIT.interrupted);
  }
};
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('SIGHUP', onSignal);

const code = await runCli({
  args: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interrupt.signal,
});

await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// Not `exitCode`: after many requests Node 20 may spin for ever in its own clean-up, with all of them answered.
process.exit(code);

/** Resolves when what was written is written, or nobody reads it any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write('', () => resolve()));
}
