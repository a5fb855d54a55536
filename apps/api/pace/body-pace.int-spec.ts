import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { problemSchema } from '#contracts';
import { usePostgres } from '#testing';
import { useApi, type ApiRig } from '../spec-rig.js';

const WINDOW_MS = 150;
let port: number;
let tenant: Awaited<ReturnType<ApiRig['createTenant']>>;

const rig = useApi(usePostgres(), {
  SLOW_BODY_MS: `${WINDOW_MS}`,
  MIN_BODY_BYTES_PER_SECOND: '10000',
});
beforeAll(async () => {
  await rig.app.listen(0, '127.0.0.1');
  port = Number(new URL(await rig.app.getUrl()).port);
  tenant = await rig.createTenant();
});

async function createSet(): Promise<string> {
  const { headers } = tenant;
  const created = await rig.app.inject({
    method: 'POST',
    url: '/v1/image-sets',
    headers,
    payload: {},
  });
  return created.json<{ id: string }>().id;
}

/** The head of a request, written by hand: no client would send what follows it. */
async function open(path: string, headers: Readonly<Record<string, string | number>>) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const all = { host: 'x', authorization: tenant.headers.authorization, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** Status and problem of an answer after which the server has closed the connection. */
async function refusalOn(socket: Socket) {
  const [head, body] = (await text(socket)).split('\r\n\r\n', 2);
  return { status: Number(head!.split(' ')[1]), code: problemSchema.parse(JSON.parse(body!)).code };
}

const UPLOAD = { 'content-type': 'multipart/form-data; boundary=b' };
const FILE = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n\x89PNG';

describe('a body that hardly comes', () => {
  it('of JSON ends its request and its connection', async () => {
    const socket = await open('/v1/image-sets', {
      'content-type': 'application/json',
      'content-length': 1_000,
    });
    socket.write('{"name": "');
    expect(await refusalOn(socket)).toEqual({ status: 408, code: 'request.too_slow' });
  });

  it('of an upload gives its place back, however often it sends a byte', async () => {
    const set = await createSet();
    // As many as there are places for uploads.
    const held = await Promise.all(
      Array.from({ length: 32 }, () =>
        open(`/v1/image-sets/${set}/images`, { ...UPLOAD, 'content-length': 1e10 }),
      ),
    );
    const timers = held.map((socket) => {
      socket.on('error', () => undefined).write(FILE);
      return setInterval(() => socket.writable && socket.write('x'), WINDOW_MS / 10);
    });
    const answers = await Promise.allSettled(held.map((socket) => text(socket)));
    for (const timer of timers) clearInterval(timer);
    expect(answers).toHaveLength(32);
    const form = new FormData();
    form.append('f', new Blob([Buffer.from('\x89PNG\r\n\x1A\nand more', 'latin1')]), 'good.png');
    const response = await fetch(`http://127.0.0.1:${port}/v1/image-sets/${set}/images`, {
      method: 'POST',
      headers: tenant.headers,
      body: form,
    });
    expect(await response.json()).toMatchObject({ counts: { accepted: 1, refused: 0 } });
  });

  it('is told from one that comes steadily, however long it takes', async () => {
    const set = await createSet();
    const socket = await open(`/v1/image-sets/${set}/images`, {
      ...UPLOAD,
      'transfer-encoding': 'chunked',
      connection: 'close',
    });
    const answer = text(socket);
    const chunk = (data: string): void => {
      const bytes = Buffer.from(data, 'latin1');
      socket.write(`${bytes.byteLength.toString(16)}\r\n`);
      socket.write(bytes);
      socket.write('\r\n');
    };
    chunk(FILE);
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        chunk('x'.repeat(2_000));
        if (++ticks < 60) return;
        clearInterval(timer);
        resolve();
      }, WINDOW_MS / 10);
    });
    chunk('\r\n--b--\r\n');
    socket.write('0\r\n\r\n');
    expect((await answer).split('\r\n', 1)[0]).toBe('HTTP/1.1 200 OK');
  });
});

describe('a body that is too much', () => {
  const post = (payload: string) =>
    rig.app.inject({
      method: 'POST',
      url: '/v1/image-sets',
      headers: { ...tenant.headers, 'content-type': 'application/json' },
      payload,
    });

  it('is refused before it has come', async () => {
    const socket = await open('/v1/image-sets', {
      'content-type': 'application/json',
      'content-length': 1e10,
    });
    const [head] = (await text(socket)).split('\r\n', 1);
    expect(head).toBe('HTTP/1.1 413 Payload Too Large');
  });

  it('of a million lines, or as deep as it is long, is refused as the mistake that it is', async () => {
    expect((await post(`{"name": [${'1,\n'.repeat(1_000_000)}1]}`)).statusCode).toBe(413);
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    for (const body of [deep, `{"name": ${deep}}`, '['.repeat(1_000_000)]) {
      expect((await post(body)).statusCode).toBe(400);
    }
  });
});
