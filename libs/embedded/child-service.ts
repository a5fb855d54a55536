import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AppError } from '#contracts';
import { endChild, endWithParent, exitOf, within, type ProcessEnd } from './process-life.js';

export interface ChildService {
  name: string;
  pid: number;
  /** The message that made it ready. */
  ready: unknown;
  exited: Promise<ProcessEnd>;
  /** SIGTERM, and SIGKILL after the deadline. */
  stop(deadlineMs: number): Promise<ProcessEnd>;
}

export interface ServiceOptions {
  name: string;
  /** A JavaScript file. */
  entry: string;
  args?: readonly string[];
  /** The whole environment of the child. */
  env: NodeJS.ProcessEnv;
  /** Each line that the child writes to stdout or stderr. */
  onLine?: (line: string) => void;
  /** Picks the message that says it is ready. Default: `{ type: 'ready' }` with whatever else. */
  ready?: (message: unknown) => boolean;
  readyTimeoutMs?: number;
  /** Ends the wait for it to be ready, and the child with it. */
  signal?: AbortSignal;
}

const KEPT_LINES = 20;
/**
 * None of our services keeps anything that grows with a job. With the limit that Node takes from the
 * machine's memory it would put off collecting all the same: an api that takes 200,000 files grows by
 * 120 MB of garbage, with this one by 20 MB.
 */
const HEAP_MB = 512;

/**
 * Starts one of our own processes and resolves when it says over IPC that it is ready. The child should
 * end when it sees 'disconnect'; should it be stuck when we die, it is ended from outside.
 * Errors: `embedded.service_failed` with the last lines that it wrote.
 */
export async function startService(options: ServiceOptions): Promise<ChildService> {
  const lines: string[] = [];
  const child = spawnService(options, (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    options.onLine?.(line);
  });
  const exited = exitOf(child);
  const closed = new Promise((resolve) => child.once('close', resolve));
  const outcome = await within(
    Promise.race([
      messageOf(child, options.ready ?? isReady).then((message) => ({ message })),
      exited.then((end) => ({ end })),
      abortOf(options.signal),
    ]),
    options.readyTimeoutMs ?? 120_000,
  );
  if (outcome === undefined || 'end' in outcome || child.pid === undefined) {
    await endChild(child, [{ signal: 'SIGKILL', waitMs: 5_000 }]);
    // Its last words may still be in the pipe; a process of its own may hold that open, so not for long.
    await within(closed, 1_000);
    options.signal?.throwIfAborted();
    throw notStarted(options.name, outcome === undefined ? undefined : await exited, lines);
  }
  return {
    name: options.name,
    pid: child.pid,
    ready: outcome.message,
    exited,
    stop: (deadlineMs) =>
      endChild(child, [
        { signal: 'SIGTERM', waitMs: deadlineMs },
        { signal: 'SIGKILL', waitMs: 5_000 },
      ]),
  };
}

function spawnService(options: ServiceOptions, onLine: (line: string) => void): ChildProcess {
  const child = fork(options.entry, [...(options.args ?? [])], {
    env: options.env,
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    // Ctrl-C in a terminal must reach the parent alone: it stops its children in the right order.
    detached: true,
  });
  endWithParent(child, 'TERM', 30);
  child.on('error', (error) => onLine(`${options.name}: ${error.message}`));
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine);
  }
  return child;
}

/** Never resolves without a signal; undefined, as after the time limit, when it is aborted. */
function abortOf(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function messageOf(child: ChildProcess, wanted: (message: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve) => {
    const listen = (message: unknown): void => {
      if (!wanted(message)) return;
      child.off('message', listen);
      resolve(message);
    };
    child.on('message', listen);
  });
}

const isReady = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';

function notStarted(name: string, end: ProcessEnd | undefined, lines: readonly string[]): AppError {
  const how =
    end === undefined ? 'was not ready in time' : `ended with ${end.signal ?? `code ${end.code}`}`;
  return new AppError('embedded.service_failed', `${name} ${how}. It wrote:\n${lines.join('\n')}`, {
    context: { name },
  });
}
