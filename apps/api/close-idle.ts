import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** While closing, connections that have become idle are closed this often. */
const IDLE_CHECK_MS = 50;

/**
 * Fastify closes idle connections once, when it begins to close. One that was busy then would be waited
 * for until its keep-alive ends, a minute after its last answer; and one that has not sent its first request
 * yet, as browsers and fetch open ahead, counts as busy for a minute, too.
 */
export function closeIdleWhileClosing(instance: FastifyInstance): void {
  const unused = new Set<Socket>();
  instance.server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  instance.server.on('request', ({ socket }) => unused.delete(socket));
  instance.addHook('preClose', async () => {
    const close = (): void => {
      instance.server.closeIdleConnections();
      for (const socket of unused) socket.destroy();
    };
    const timer = setInterval(close, IDLE_CHECK_MS);
    instance.server.once('close', () => clearInterval(timer));
    timer.unref();
  });
}
