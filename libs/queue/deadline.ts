import { AppError } from '#contracts';

/** The value of `promise`, or undefined when `ms` pass first. A later rejection is not left unhandled. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  promise.catch(() => undefined);
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

/** What callers may wait for an answer of the queue's server. */
const ANSWER_MS = 1_800;

/** Errors: `queue.unavailable` when `work` fails or takes longer than 1.8 s. */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    const outcome = await within(
      work().then((value) => ({ value })),
      ANSWER_MS,
    );
    if (outcome !== undefined) return outcome.value;
  } catch (error) {
    throw error instanceof AppError ? error : unavailable(error);
  }
  throw unavailable(new Error(`no answer in ${ANSWER_MS} ms`));
}

export const unavailable = (cause: unknown): AppError =>
  new AppError(
    'queue.unavailable',
    'The queue does not answer; work is kept and fed to it later.',
    {
      retryable: true,
      cause,
    },
  );
