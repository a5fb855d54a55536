import { spawn, type ChildProcess } from 'node:child_process';
import { searchPath } from './search-path.js';

/** How a process ended: by its exit code or by a signal. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Resolves when `child` has ended, at once when it already has. */
export function exitOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve({ code: child.exitCode, signal: child.signalCode });
      return;
    }
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Sends each signal in turn and waits that long for the end; the last one should be SIGKILL. */
export async function endChild(
  child: ChildProcess,
  steps: readonly { signal: NodeJS.Signals; waitMs: number }[],
): Promise<ProcessEnd> {
  const exit = exitOf(child);
  child.ref();
  for (const { signal, waitMs } of steps) {
    child.kill(signal);
    const end = await within(exit, waitMs);
    if (end !== undefined) return end;
  }
  return exit;
}

/** The value of `promise`, or undefined when `ms` pass first. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** True while a process of that id lives, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

// $1 process id, $2 first signal, $3 seconds until SIGKILL.
export const WATCH_SCRIPT = `trap '' INT TERM HUP
read -r _
kill -s "$2" "$1" 2>/dev/null || exit 0
left="$3"
while kill -0 "$1" 2>/dev/null && [ "$left" -gt 0 ]; do sleep 1; left=$((left - 1)); done
kill -s KILL "$1" 2>/dev/null`;

/**
 * Ends `child` when this process dies, even by kill -9. A tiny shell holds the reading end of a pipe
 * whose writing end only we have: the kernel closes it with us. Exit handlers cannot do that.
 */
export function endWithParent(child: ChildProcess, signal: string, graceSeconds: number): void {
  if (child.pid === undefined) return;
  const watch = spawn(
    'sh',
    ['-c', WATCH_SCRIPT, 'pallet-watch', `${child.pid}`, signal, `${graceSeconds}`],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { PATH: searchPath() },
    },
  );
  watch.on('error', () => undefined);
  watch.stdin.on('error', () => undefined);
  watch.unref();
  // A pipe is a socket to Node, and keeps the event loop alive unless it is told not to.
  if ('unref' in watch.stdin && typeof watch.stdin.unref === 'function') watch.stdin.unref();
  // Killed rather than told: closing the pipe would signal a process id that may be someone else's by now.
  child.once('exit', () => watch.kill('SIGKILL'));
}
