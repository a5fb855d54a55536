import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { fetchImage, openImageGuard, type FetchOptions } from './fetch-image.js';
import { RefusedFileError } from './spool.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const guard = openImageGuard('127.0.0.1');
const OPTIONS: FetchOptions = { imageBytes: 1_000, connectMs: 5_000, totalMs: 5_000 };

async function outcome(url: string, options: Partial<FetchOptions> = {}) {
  try {
    const file = await fetchImage(guard, url, { ...OPTIONS, ...options });
    return 'memory' in file.content ? Buffer.concat(file.content.memory).toString() : 'on disk';
  } catch (error) {
    if (error instanceof RefusedFileError) return `refused ${error.refusal.code}`;
    if (error instanceof AppError) return `later ${error.code}`;
    throw error;
  }
}

describe('a file at a URL', () => {
  it('comes through redirects', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(301, { location: '/b' }).end();
      else if (request.url === '/b') response.writeHead(307, { location: `${url}/c` }).end();
      else response.end(`file at ${request.url}`);
    });
    expect(await outcome(`${url}/a`)).toBe('file at /c');
  });

  it('is refused for what stays, and asked for again for what passes', async () => {
    const url = await serve((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, { 'retry-after': '7' }).end();
    });
    const seen = [];
    for (const status of [404, 410, 403, 401, 400, 204, 429, 503, 500]) {
      seen.push(await outcome(`${url}/${status}`));
    }
    expect(seen).toEqual([
      'refused fetch.not_found',
      'refused fetch.not_found',
      'refused fetch.denied',
      'refused fetch.denied',
      'refused fetch.failed',
      'refused fetch.failed',
      'later fetch.not_now',
      'later fetch.not_now',
      'later fetch.not_now',
    ]);
    await expect(fetchImage(guard, `${url}/429`, OPTIONS)).rejects.toMatchObject({
      context: { status: 429, retryAfterMs: 7_000 },
    });
  });

  it('over its limit is not read on, whether its server says so or not', async () => {
    let sent = 0;
    const url = await serve((request, response) => {
      if (request.url === '/said') return response.setHeader('content-length', 5_000).end('x');
      const more = (): void => {
        sent += 500;
        if (response.destroyed || sent > 50_000_000) return;
        if (response.write('x'.repeat(500))) setImmediate(more);
      };
      response.on('drain', more);
      return more();
    });
    expect(await outcome(`${url}/said`)).toBe('refused image.too_large');
    expect(await outcome(`${url}/endless`)).toBe('refused image.too_large');
    expect(sent).toBeLessThan(50_000_000);
  });

  it('that is cut off, or hardly comes, is asked for again', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 500 });
      response.write('x');
      if (request.url === '/cut') setImmediate(() => response.destroy());
    });
    expect(await outcome(`${url}/cut`)).toBe('later outgoing.unreachable');
    expect(await outcome(`${url}/slow`, { totalMs: 100 })).toBe('later outgoing.timeout');
    expect(await outcome('http://127.0.0.1:1/')).toBe('later outgoing.unreachable');
  });

  it('where no request may go is refused, at first and behind a redirect', async () => {
    const forbidden = /^refused outgoing\.forbidden_(url|address)$/;
    const targets = [
      'http://127.0.0.2/',
      'http://[::1]/',
      'file:///etc/passwd',
      'http://169.254.169.254/',
    ];
    const url = await serve((request, response) =>
      response
        .writeHead(302, { location: targets[Number(request.url?.slice(1))] ?? request.url })
        .end(),
    );
    for (const [at, target] of targets.entries()) {
      expect(await outcome(target)).toMatch(forbidden);
      expect(await outcome(`${url}/${at}`)).toMatch(forbidden);
    }
    expect(await outcome(`${url}/round`)).toBe('refused outgoing.too_many_redirects');
  });

  it('is left when its caller stops', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort(new Error('stopping')));
    await expect(fetchImage(guard, url, { ...OPTIONS, signal: stop.signal })).rejects.toThrow(
      'stopping',
    );
  });
});
