import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What went wrong in a way that the reader can do something about. */
export class StepError extends Error {}

export const say = (line) => process.stderr.write(`${line}\n`);

export function fail(error) {
  say(error instanceof StepError ? error.message : (error?.stack ?? String(error)));
  process.exit(1);
}

/**
 * Runs a program silently; its output is shown only when it fails.
 * Errors: StepError.
 */
export function runQuietly(command, args, env = process.env) {
  const { promise, resolve, reject } = withResolvers();
  const chunks = [];
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  child.once('error', (error) => reject(new StepError(`${command}: ${error.message}`)));
  child.once('close', (code, signal) => {
    if (code === 0) return resolve();
    const line = `\`${[command, ...args].join(' ')}\` failed (${signal ?? `exit code ${code}`}).`;
    reject(new StepError(`${Buffer.concat(chunks)}\n${line}`));
  });
  return promise;
}

/** Runs a program with our own output; resolves with its exit code. */
export function runLoudly(command, args) {
  const { promise, resolve, reject } = withResolvers();
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit' });
  child.once('error', reject);
  child.once('exit', (code, signal) => resolve(signal === null ? code : 1));
  return promise;
}

/** Promise.withResolvers, which Node 20 has not. */
function withResolvers() {
  let resolve;
  let reject;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
