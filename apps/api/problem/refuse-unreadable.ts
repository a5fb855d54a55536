import type { Socket } from 'node:net';
import { AppError, newUuid, publicId } from '#contracts';
import { toProblem } from './problem.filter.js';

/** For so long what a refused client still sends is read, and thrown away. */
const LINGER_MS = 2_000;

const ERRORS: Readonly<Record<string, AppError>> = {
  HPE_HEADER_OVERFLOW: new AppError(
    'request.headers_too_large',
    'Path and headers have more than 16 KiB together. Send large values in the body.',
  ),
  ERR_HTTP_REQUEST_TIMEOUT: new AppError(
    'request.too_slow',
    'The headers of the request did not come in time.',
  ),
};
const MALFORMED = new AppError('request.malformed', 'The request is no HTTP.');

const refused = new WeakSet<Socket>();

/**
 * Answers what the parser of HTTP cannot read as a problem like any other. Fastify closes such a connection at once: what
 * the client still sends is then answered by a reset, with which it loses the answer.
 */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  // The parser says it again for each piece that follows.
  if (refused.has(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  refused.add(socket);
  const problem = toProblem(
    ERRORS[error.code ?? ''] ?? MALFORMED,
    publicId('request', newUuid()),
    '',
  );
  const body = JSON.stringify(problem);
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${problem.request_id}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
