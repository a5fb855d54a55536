import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#contracts';
import { readProblem } from './api-problem.js';
import type { TransportOptions } from './transport.js';

/** For one part, 8 MiB as a rule: a line slower than this cannot be told from a dead one. */
const PART_MS = 600_000;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;
/** Answers after which the same part may do better. A damaged part (400) was damaged on its way. */
const PASSING = new Set([400, 408, 425, 429, 500, 502, 503, 504]);

export interface PartTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends one part to a URL that was given for it, again where that may help.
 * Errors: `cli.part_unreachable` when no answer came, `ApiProblem`; whatever `signal` was aborted with.
 */
export async function putPart(
  target: PartTarget,
  body: Uint8Array,
  options: Pick<TransportOptions, 'attempts' | 'pause'> & { signal?: AbortSignal },
): Promise<void> {
  const { signal, attempts = ATTEMPTS, pause = sleepFor } = options;
  for (let attempt = 1; ; attempt += 1) {
    const failure = await putOnce(target, body, signal);
    if (failure === undefined) return;
    signal?.throwIfAborted();
    if (!failure.retryable || attempt >= attempts) throw failure.error;
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()), signal);
  }
}

interface Failure {
  readonly error: AppError;
  readonly retryable: boolean;
}

async function putOnce(
  { url, headers }: PartTarget,
  body: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Failure | undefined> {
  const limits = [AbortSignal.timeout(PART_MS), ...(signal ? [signal] : [])];
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers,
      body: body as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.any(limits),
      redirect: 'error',
    });
    if (!response.ok) {
      return { error: await readProblem(response), retryable: PASSING.has(response.status) };
    }
    // An answer that is not read keeps its connection.
    await response.arrayBuffer();
    return undefined;
  } catch (cause) {
    const { host } = new URL(url);
    const error = new AppError('cli.part_unreachable', `No answer from ${host}.`, { cause });
    return { error, retryable: true };
  }
}

const sleepFor = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal });
