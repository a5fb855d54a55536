import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { requireFreePort } from './require-free-port.js';

it('refuses a port that is taken, with what to do, and passes one that is free', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(requireFreePort(port)).rejects.toMatchObject({
    code: 'cli.port_taken',
    message: expect.stringContaining(`${port}`),
  });
  server.close();
  await once(server, 'close');
  await requireFreePort(port);
  await requireFreePort(0);
});
