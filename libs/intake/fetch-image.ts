import { AppError } from '#contracts';
import {
  getOutgoing,
  OutgoingGuard,
  parseAllowList,
  parseRetryAfter,
  type OutgoingStream,
} from '#outgoing';
import { imageTooLarge, refusal } from './refusal.js';
import { RefusedFileError, spool, type SpooledFile } from './spool.js';

export interface FetchOptions {
  /** Most bytes of the file. */
  readonly imageBytes: number;
  readonly connectMs: number;
  /** For each request of it, the body included. */
  readonly totalMs: number;
  readonly signal?: AbortSignal;
}

/** Much of what the web has is behind plain http; what comes is judged by its bytes either way. */
export const openImageGuard = (outgoingAllow: string): OutgoingGuard =>
  new OutgoingGuard({
    allow: parseAllowList(outgoingAllow),
    protocols: ['http:', 'https:'],
    ports: [80, 443, 8080, 8443],
  });

/** Statuses that say: not now. */
const PASSING = new Set([408, 423, 425, 429, 500, 502, 503, 504]);

/**
 * Gets a file from a URL that somebody else has chosen; every connection and redirect goes through `guard`.
 * Output: the file, hashed; whether it is a picture is for `judgeImage`.
 *
 * Errors: `RefusedFileError` when another try would end the same (`fetch.*`, `outgoing.*`, `image.too_large`);
 * else an `AppError` that is retryable, with `retryAfterMs` in its context when the server said so; whatever
 * `signal` was aborted with.
 */
export async function fetchImage(
  guard: OutgoingGuard,
  url: string,
  options: FetchOptions,
): Promise<SpooledFile> {
  const { connectMs, totalMs, signal } = options;
  const headers = {
    accept: 'image/*,*/*;q=0.5',
    'accept-encoding': 'identity',
    'user-agent': AGENT,
  };
  try {
    const answer = await getOutgoing(guard, { url, headers, connectMs, totalMs, signal });
    try {
      requireFile(answer, options.imageBytes);
      const limit = { bytes: options.imageBytes, refusal: imageTooLarge(options.imageBytes) };
      return await spool(answer.body, () => limit, { drain: false });
    } finally {
      answer.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof AppError) || error.retryable) throw error;
    throw new RefusedFileError(refusal(error.code, error.message));
  }
}

const AGENT = 'Pallet-Import/1';

function requireFile({ status, headers }: OutgoingStream, most: number): void {
  if (PASSING.has(status)) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
    throw new AppError('fetch.not_now', `The server answered ${status}.`, {
      retryable: true,
      context: { status, retryAfterMs },
    });
  }
  if (status !== 200)
    throw new RefusedFileError(refusal(codeOf(status), `The server answered ${status}.`));
  if (Number(headers['content-length'] ?? 0) > most)
    throw new RefusedFileError(imageTooLarge(most));
}

function codeOf(status: number): string {
  if (status === 404 || status === 410) return 'fetch.not_found';
  return status === 401 || status === 403 ? 'fetch.denied' : 'fetch.failed';
}
