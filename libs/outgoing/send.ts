import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AppError } from '#contracts';
import type { OutgoingGuard } from './guard.js';

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Most bytes of the answer's body that are read; then the connection is cut. */
  readonly answerBytes: number;
  /** Until the connection stands, TLS included. */
  readonly connectMs: number;
  /** For all of it, the answer's body included. */
  readonly totalMs: number;
  readonly signal?: AbortSignal;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** True when there was more than was read. */
  readonly isCut: boolean;
}

/** Of names and values together; Node's own limit is the whole of an answer's head. */
const HEAD_BYTES = 16_384;

/** For an answer that is read as it comes. */
export type StreamRequest = Omit<OutgoingRequest, 'answerBytes'>;

/** The head of an answer, and its body as it comes. */
export interface OutgoingStream extends Pick<OutgoingAnswer, 'status' | 'headers'> {
  /** Read once. Errors: `outgoing.timeout`, `outgoing.unreachable`, what `signal` was aborted with. */
  readonly body: AsyncIterable<Buffer>;
  /** Cuts the connection; needed when the body was not read to its end. */
  close(): void;
}

/**
 * One request to an address that `guard` lets through. A redirect is an answer like any other and is not
 * followed; no proxy of the environment is used; certificates are verified.
 *
 * Errors: those of the guard; `outgoing.timeout`, `outgoing.unreachable` (both retryable), and whatever
 * `signal` was aborted with.
 */
export async function sendOutgoing(
  guard: OutgoingGuard,
  request: OutgoingRequest,
): Promise<OutgoingAnswer> {
  const { status, headers, body, close } = await openOutgoing(guard, request);
  try {
    return { status, headers, ...(await readStart(body, request.answerBytes)) };
  } finally {
    close();
  }
}

/** As `sendOutgoing`, for a body of any length. */
export async function openOutgoing(
  guard: OutgoingGuard,
  request: StreamRequest,
): Promise<OutgoingStream> {
  const url = guard.checkUrl(request.url);
  const deadline = AbortSignal.timeout(request.totalMs);
  const late = new AbortController();
  const stops = [deadline, late.signal, ...(request.signal ? [request.signal] : [])];
  const translate = (error: unknown): never => {
    request.signal?.throwIfAborted();
    throw toOutgoingError(error, { connect: late.signal.aborted, total: deadline.aborted });
  };
  const answer = await open(guard, url, request, AbortSignal.any(stops), late).catch(translate);
  return {
    ...headOf(answer),
    body: readAll(answer, translate),
    close: () => answer.destroy(),
  };
}

async function* readAll(
  answer: IncomingMessage,
  translate: (error: unknown) => never,
): AsyncGenerator<Buffer> {
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (error) {
    translate(error);
  }
}

function open(
  guard: OutgoingGuard,
  url: URL,
  request: StreamRequest,
  signal: AbortSignal,
  late: AbortController,
): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => late.abort(), request.connectMs);
    const call = (isTls ? requestHttps : requestHttp)(url, {
      method: request.method,
      headers: { ...request.headers, connection: 'close' },
      lookup: guard.lookup,
      // A connection of its own: one that is kept would skip the next check.
      agent: false,
      maxHeaderSize: HEAD_BYTES,
      signal,
    });
    call.once('socket', (socket) =>
      socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(timer)),
    );
    call.once('response', resolve);
    // Stays: after the answer, too, an abort comes as an error of the request.
    call.on('error', reject);
    call.once('close', () => clearTimeout(timer));
    call.end(request.body);
  });
}

function headOf(answer: IncomingMessage): Pick<OutgoingAnswer, 'status' | 'headers'> {
  const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(headers) };
}

async function readStart(
  body: AsyncIterable<Buffer>,
  most: number,
): Promise<Pick<OutgoingAnswer, 'body' | 'isCut'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, most - bytes));
    bytes += chunk.length;
    if (bytes > most) break;
  }
  return { body: Buffer.concat(chunks), isCut: bytes > most };
}

function toOutgoingError(error: unknown, late: { connect: boolean; total: boolean }): unknown {
  if (error instanceof AppError) return error;
  if (late.connect || late.total) {
    const message = late.connect ? 'No connection in time.' : 'No whole answer in time.';
    return new AppError('outgoing.timeout', message, { retryable: true, cause: error });
  }
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
  return new AppError('outgoing.unreachable', `The connection failed: ${reason}.`, {
    retryable: true,
    cause: error,
  });
}
