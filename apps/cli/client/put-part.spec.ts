import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { putPart } from './put-part.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A bucket that behaves as told. */
async function bucket(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/b/k?X-Amz-Signature=s`;
}

const pauses: number[] = [];
const put = (url: string, signal?: AbortSignal) =>
  putPart({ url, headers: { 'content-md5': 'm' } }, Buffer.from('part'), {
    signal,
    pause: async (ms) => void pauses.push(ms),
  });

describe('a part', () => {
  it('is sent again, whole, when its server is busy or hangs up, and without our key', async () => {
    const seen: (string | undefined)[][] = [];
    const url = await bucket((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { authorization, 'content-md5': md5 } = request.headers;
        seen.push([body, md5 as string, authorization]);
        if (seen.length === 1) request.socket.destroy();
        else response.writeHead(seen.length === 2 ? 503 : 200).end();
      });
    });
    await put(url);
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['part', 'm', undefined]));
    expect(pauses).toHaveLength(2);
  });

  it('is given up when it is refused, and where nobody answers', async () => {
    let calls = 0;
    const url = await bucket((request, response) => {
      calls += 1;
      request.resume().on('end', () => response.writeHead(403).end('<Error/>'));
    });
    await expect(put(url)).rejects.toMatchObject({ code: 'http.403' });
    expect(calls).toBe(1);
    await expect(put('http://127.0.0.1:1/x')).rejects.toMatchObject({
      code: 'cli.part_unreachable',
    });
  });

  it('ends with the command', async () => {
    const stop = new AbortController();
    const url = await bucket(() => stop.abort(new Error('Ctrl-C')));
    await expect(put(url, stop.signal)).rejects.toThrow('Ctrl-C');
  });
});
