import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { OutgoingGuard, parseAllowList, sendOutgoing, type OutgoingRequest } from './index.js';

const servers: Server[] = [];

/** A server, and how often something has connected to it. */
async function serve(listener: RequestListener, host = '127.0.0.1', port = 0) {
  const server = createServer(listener);
  servers.push(server);
  const seen = { connections: 0, port: 0 };
  server.on('connection', () => (seen.connections += 1));
  server.listen(port, host);
  await once(server, 'listening');
  seen.port = (server.address() as AddressInfo).port;
  return seen;
}
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const loopback = new OutgoingGuard({ allow: parseAllowList('127.0.0.0/8,::1') });
const to = (url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  body: '{}',
  answerBytes: 16,
  connectMs: 5_000,
  totalMs: 5_000,
  ...more,
});

describe('an outgoing request', () => {
  it('sends the bytes and reads the answer', async () => {
    let received = '';
    const { port } = await serve((request, response) => {
      request.on('data', (chunk) => (received += chunk));
      request.on('end', () => response.writeHead(202, { 'x-a': 'b' }).end('thanks'));
    });
    const answer = await sendOutgoing(
      loopback,
      to(`http://127.0.0.1:${port}/`, { body: '{"ä":1}' }),
    );
    expect(received).toBe('{"ä":1}');
    expect(answer).toMatchObject({ status: 202, isCut: false, headers: { 'x-a': 'b' } });
    expect(answer.body.toString()).toBe('thanks');
  });

  it('follows no redirect', async () => {
    const inner = await serve((_, response) => response.end('secret'));
    const { port } = await serve((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/` }).end(),
    );
    const answer = await sendOutgoing(loopback, to(`http://127.0.0.1:${port}/`));
    expect([answer.status, inner.connections]).toEqual([302, 0]);
  });

  it('reads no more of an endless answer than it was told', async () => {
    const { port } = await serve((_, response) => {
      const more = (): void => void (response.write('x'.repeat(65_536)) && setImmediate(more));
      response.on('drain', more);
      more();
    });
    const answer = await sendOutgoing(loopback, to(`http://127.0.0.1:${port}/`));
    expect([answer.status, answer.body.length, answer.isCut]).toEqual([200, 16, true]);
  });

  it('gives up on a server that says nothing, and on one that drips', async () => {
    const silent = await serve(() => undefined);
    const dripping = await serve((_, response) => response.write('x'));
    for (const { port } of [silent, dripping]) {
      const sent = sendOutgoing(loopback, to(`http://127.0.0.1:${port}/`, { totalMs: 50 }));
      await expect(sent).rejects.toMatchObject({ code: 'outgoing.timeout', retryable: true });
    }
  });

  it('says what went wrong with a connection', async () => {
    const { port } = await serve((request) => request.socket.destroy());
    const cut = sendOutgoing(loopback, to(`http://127.0.0.1:${port}/`));
    await expect(cut).rejects.toMatchObject({ code: 'outgoing.unreachable' });
    const tls = sendOutgoing(loopback, to(`https://127.0.0.1:${port}/`));
    await expect(tls).rejects.toMatchObject({ code: 'outgoing.unreachable' });
  });

  it('ends with the reason of whoever aborts it', async () => {
    const { port } = await serve(() => abort.abort(new Error('stopping')));
    const abort = new AbortController();
    const sent = sendOutgoing(loopback, to(`http://127.0.0.1:${port}/`, { signal: abort.signal }));
    await expect(sent).rejects.toThrow('stopping');
  });
});

describe('a name', () => {
  /** A port that is free at the one address may be somebody's at the other; then it is another one. */
  async function onOnePort() {
    for (;;) {
      const outside = await serve((_, response) => response.end(), '127.0.0.2');
      const inside = await serve((_, response) => response.end(), '127.0.0.1', outside.port).catch(
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
          return undefined;
        },
      );
      if (inside !== undefined) return { outside, inside };
    }
  }

  /** 127.0.0.2 plays the public internet, 127.0.0.1 what must never be reached. */
  async function rebinding(answers: readonly string[][]) {
    const { outside, inside } = await onOnePort();
    let asked = 0;
    const guard = new OutgoingGuard({
      allow: parseAllowList('127.0.0.2'),
      protocols: ['http:'],
      ports: [outside.port],
      resolve: async () => {
        const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
        asked += 1;
        return answer.map((address) => ({ address, family: 4 }));
      },
    });
    const send = () => sendOutgoing(guard, to(`http://rebind.test:${outside.port}/`));
    return { outside, inside, send, asked: () => asked };
  }

  it('that changes its address between two requests is refused at the second', async () => {
    const { outside, inside, send } = await rebinding([['127.0.0.2'], ['127.0.0.1']]);
    expect((await send()).status).toBe(200);
    await expect(send()).rejects.toMatchObject({ code: 'outgoing.forbidden_address' });
    expect([outside.connections, inside.connections]).toEqual([1, 0]);
  });

  it('is resolved once per connection: there is no second answer to differ', async () => {
    const { send, asked } = await rebinding([['127.0.0.2'], ['127.0.0.1']]);
    await send();
    expect(asked()).toBe(1);
  });

  it('with one forbidden address among good ones is not connected to at all', async () => {
    const { outside, inside, send } = await rebinding([['127.0.0.2', '127.0.0.1']]);
    await expect(send()).rejects.toMatchObject({ code: 'outgoing.forbidden_address' });
    expect([outside.connections, inside.connections]).toEqual([0, 0]);
  });

  it('without any address is told so', async () => {
    const { send } = await rebinding([[]]);
    await expect(send()).rejects.toMatchObject({ code: 'outgoing.no_address', retryable: true });
  });
});
