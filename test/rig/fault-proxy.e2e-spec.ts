import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.js';

/** Answers every chunk in capitals, and counts what it was asked. */
let server: Server;
let asked = 0;
let proxy: FaultProxy;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      asked += 1;
      socket.write(chunk.toString().toUpperCase());
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => server.close());
beforeEach(async () => {
  asked = 0;
  proxy = await FaultProxy.to(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => proxy.close());

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(proxy.through('tcp://x:1'));
  const socket = connect(Number(port), hostname);
  // Whoever expects the end of a connection listens for it as well.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, question: string): Promise<string> {
  socket.write(question);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

/** How a connection ends; it must be read from for that to be seen. */
function endOf(socket: Socket): Promise<string | undefined> {
  let code: string | undefined;
  socket.resume().on('error', (error: NodeJS.ErrnoException) => (code = error.code));
  return new Promise((resolve) => {
    if (socket.closed) resolve(undefined);
    else socket.once('close', () => resolve(code));
  });
}

describe('the proxy', () => {
  it('passes on what it is given, until it is told otherwise', async () => {
    const socket = await open();
    expect(await ask(socket, 'hello')).toBe('HELLO');
    const gone = endOf(socket);
    proxy.set({ kind: 'refuse' });
    expect(await gone).toBe('ECONNRESET');
    await open().then(endOf, () => undefined);
    expect(asked).toBe(1);
    proxy.heal();
    expect(await ask(await open(), 'again')).toBe('AGAIN');
  });

  it('is silent both ways, and then delivers all of it', async () => {
    const socket = await open();
    expect(await ask(socket, 'a')).toBe('A');
    proxy.set({ kind: 'silence' });
    socket.write('b');
    // A second connection is answered meanwhile by nobody either; a third, after it, proves that time went by.
    await open();
    expect(asked).toBe(1);
    proxy.heal();
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect([chunk.toString(), asked]).toEqual(['B', 2]);
  });

  it('delivers all of it both ways, however often it was told to be silent', async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = await open();
    const [other] = await accepted;
    expect(await ask(socket, 'a')).toBe('A');
    proxy.set({ kind: 'silence' });
    socket.write('b');
    other.write('said by itself');
    await open();
    proxy.set({ kind: 'silence' });
    await open();
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    proxy.heal();
    while (!heard.includes('B') || !heard.includes('said by itself')) await once(socket, 'data');
    expect(asked).toBe(2);
  });

  it('loses the reply to what the server has done', async () => {
    const socket = await open();
    proxy.set({ kind: 'lose-reply', to: /commit/ });
    expect(await ask(socket, 'select')).toBe('SELECT');
    const gone = endOf(socket);
    socket.write('commit');
    expect(await gone).toBe('ECONNRESET');
    expect([asked, proxy.strikes]).toEqual([2, 1]);
  });

  it('cuts replies, and slices them', async () => {
    proxy.set({ kind: 'slices', bytes: 2 });
    const sliced = await open();
    const pieces: string[] = [];
    sliced.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
    sliced.write('abcdef');
    while (pieces.join('').length < 6) await once(sliced, 'data');
    expect(pieces.join('')).toBe('ABCDEF');
    proxy.set({ kind: 'cut', afterBytes: 3 });
    const cut = await open();
    const rest: string[] = [];
    cut.on('data', (chunk: Buffer) => rest.push(chunk.toString()));
    cut.write('abcdef');
    await endOf(cut);
    expect('ABC').toContain(rest.join(''));
    expect(proxy.strikes).toBe(1);
  });

  it('answers in place of the server', async () => {
    proxy.set({ kind: 'answer', reply: 'busy', share: 1, random: () => 0 });
    expect(await ask(await open(), 'hello')).toBe('busy');
    expect(asked).toBe(0);
  });
});
