import { once } from 'node:events';
import { createServer } from 'node:net';
import { AppError } from '#contracts';

/** Errors: `cli.port_taken`. Asked before anything starts: the api would say so much later and in more words. */
export async function requireFreePort(port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    await once(server.listen({ host: '127.0.0.1', port, exclusive: true }), 'listening');
  } catch (cause) {
    throw new AppError(
      'cli.port_taken',
      `Port ${port} of 127.0.0.1 cannot be used. Choose another with --port; --port 0 takes a free one.`,
      { cause },
    );
  }
  server.close();
  await once(server, 'close');
}
