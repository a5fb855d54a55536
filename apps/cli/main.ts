import { AppError } from '#contracts';
import { EXIT } from './exit-code.js';
import { runCli } from './run-cli.js';

const interrupt = new AbortController();
const onSignal = (): void => {
  // The second one does not wait. What we started sees us go and ends by itself.
  if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
  interrupt.abort(new AppError('cli.interrupted', 'Interrupted.'));
};
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('SIGHUP', onSignal);

process.exitCode = await runCli({
  args: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interrupt.signal,
});
