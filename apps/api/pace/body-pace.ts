import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#contracts';
import { sendProblem, toProblem } from '../problem/problem.filter.js';

/** How slowly a client may send a body. */
export interface Pace {
  readonly bytesPerSecond: number;
  /** Over which it is measured, milliseconds: a client that rests for less is left alone. */
  readonly windowMs: number;
}

interface Sending {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Of the socket, at the last look; undefined before the first, which may come at any moment of a window. */
  bytesRead: number | undefined;
}

/**
 * Refuses bodies that come slower than the pace (408 `request.too_slow`) and closes their connections. Uploads are few
 * at once, and whoever sends a byte now and then would hold a place for ever; a limit on the whole request would
 * refuse large uploads instead. While it is we who do not read, nobody is measured.
 */
export function requirePace(instance: FastifyInstance, pace: Pace): void {
  const sending = new Set<Sending>();
  instance.addHook('onRequest', async (request, reply) => {
    if (hasBody(request)) sending.add({ request, reply, bytesRead: undefined });
  });
  const lookAtAll = (): void => {
    for (const one of sending) look(one, pace, sending);
  };
  // Not before what has arrived is read: after a moment in which this process did nothing, it is all there.
  const timer = setInterval(() => setImmediate(lookAtAll), pace.windowMs);
  timer.unref();
  instance.addHook('onClose', async () => clearInterval(timer));
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function look(one: Sending, pace: Pace, sending: Set<Sending>): void {
  const { raw } = one.request;
  if (raw.complete || raw.destroyed || one.reply.sent) {
    sending.delete(one);
    return;
  }
  const { bytesRead } = raw.socket;
  const before = one.bytesRead;
  one.bytesRead = bytesRead;
  const isWanted = raw.readableFlowing === true && raw.readableLength === 0;
  if (before === undefined || !isWanted) return;
  if (bytesRead - before >= (pace.bytesPerSecond * pace.windowMs) / 1_000) return;
  sending.delete(one);
  refuse(one, pace);
}

function refuse({ request, reply }: Sending, { bytesPerSecond, windowMs }: Pace): void {
  const error = new AppError(
    'request.too_slow',
    `Less than ${bytesPerSecond} bytes a second came in the last ${windowMs / 1_000} s. Send again over a better connection, in smaller requests.`,
  );
  // What is left of the body is not read, so nothing else can come over this connection.
  void reply.header('connection', 'close');
  reply.raw.once('finish', () => request.raw.destroy());
  sendProblem(reply, toProblem(error, request.id, request.url));
}
