import { createServer } from 'node:net';

/** A TCP port on 127.0.0.1 that nobody listens on at this moment; another process may still take it. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port was given'));
        else resolve(address.port);
      });
    });
  });
}

/**
 * Calls `start` with `port`, or with a free one when none is given. A free port can be taken between
 * looking and listening, so a start on a port of our choice is tried once more on another.
 */
export async function onFreePort<T>(
  port: number | undefined,
  start: (port: number) => Promise<T>,
): Promise<T> {
  if (port !== undefined) return start(port);
  try {
    return await start(await findFreePort());
  } catch {
    return start(await findFreePort());
  }
}
