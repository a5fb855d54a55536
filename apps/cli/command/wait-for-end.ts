import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#contracts';
import type { CliContext } from '../context.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** It may take hours; a restart of the api in between must not end the wait for it. */
const PATIENCE_MS = 60_000;

export interface Shown {
  readonly done: number;
  readonly total: number;
  readonly note?: string;
}

/** Asks how far something is until it has ended. Errors: those of `get` that do not pass; the signal's. */
export async function waitForEnd<T extends { readonly finished_at: string | null }>(
  made: T,
  get: () => Promise<T>,
  { label, show }: { label: string; show: (now: T) => Shown },
  { output, signal }: CliContext,
): Promise<T> {
  const progress = output.progress(label);
  let answeredAt = Date.now();
  let now = made;
  try {
    for (let ms = FIRST_PAUSE_MS; now.finished_at === null; ms = longer(ms)) {
      await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
      const next = await get().catch((error: unknown) => {
        const isPassing = error instanceof AppError && error.retryable;
        if (!isPassing || Date.now() - answeredAt > PATIENCE_MS) throw error;
        return undefined;
      });
      if (next === undefined) continue;
      answeredAt = Date.now();
      now = next;
      const { done, total, note } = show(now);
      progress.show(done, total, note);
    }
    return now;
  } finally {
    progress.stop();
  }
}

const longer = (ms: number): number => Math.min(ms * 1.5, LONGEST_PAUSE_MS);
