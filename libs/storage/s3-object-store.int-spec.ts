import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { useS3 } from '#testing';
import { describeObjectStore } from './object-store.contract.js';
import type { ObjectStore } from './object-store.js';
import { openObjectStore } from './open-object-store.js';

const s3 = useS3();

describeObjectStore('S3', async () => openObjectStore(s3.url(), s3.credentials));
describeObjectStore('S3 below a prefix', async () =>
  openObjectStore(s3.url('some/prefix/'), s3.credentials),
);

describe('S3', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** A store behind an S3 server that behaves as told. */
  async function storeBehind(listener: RequestListener): Promise<ObjectStore> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return openAt(port);
  }
  const openAt = (port: number): ObjectStore =>
    openObjectStore(
      `s3://b?forcePathStyle=true&endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}`,
      s3.credentials,
    );

  it('keeps the prefix to itself', async () => {
    const whole = openObjectStore(s3.url(), s3.credentials);
    const below = openObjectStore(s3.url('apart'), s3.credentials);
    await below.put('t/a', Buffer.from('x'), { bytes: 1 });
    expect(await whole.stat('apart/t/a')).toEqual({ bytes: 1 });
    const keys: string[] = [];
    for await (const { key } of below.list('')) keys.push(key);
    expect(keys).toEqual(['t/a']);
  });

  it('signs length and checksum of what others may put, and for how long', async () => {
    const store = openObjectStore(s3.url('apart'), s3.credentials);
    const options = { bytes: 7, md5: 'CY9rzUYh03PK3k6DJie09g==', validSeconds: 90 };
    const { url, headers } = (await store.presignPut('t/a', options))!;
    const { pathname, searchParams } = new URL(url);
    expect(pathname).toBe('/pallet-test/apart/t/a');
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-md5;host');
    expect(searchParams.get('X-Amz-Expires')).toBe('90');
    expect(headers).toEqual({ 'content-md5': options.md5 });
    const outside = `${s3.url()}&publicEndpoint=${encodeURIComponent('https://s3.example.com')}`;
    const seen = await openObjectStore(outside, s3.credentials).presignPut('t/a', options);
    expect(new URL(seen!.url).origin).toBe('https://s3.example.com');
  });

  it('lists more than one page', async () => {
    const store = openObjectStore(s3.url('pages'), s3.credentials);
    const count = 1_050;
    for (let n = 0; n < count; n += 50) {
      const part = Array.from({ length: 50 }, (_, at) => `k${n + at}`);
      await Promise.all(part.map((key) => store.put(key, Buffer.alloc(1), { bytes: 1 })));
    }
    const keys = new Set<string>();
    for await (const { key } of store.list('')) keys.add(key);
    expect(keys.size).toBe(count);
  });

  it('tries again when the server is busy, with the same bytes', async () => {
    const bodies: string[] = [];
    const store = await storeBehind((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () => {
        bodies.push(body);
        response.writeHead(bodies.length < 3 ? 503 : 200).end();
      });
    });
    await store.put('t/a', Buffer.from('bytes'), { bytes: 5 });
    expect(bodies).toEqual(['bytes', 'bytes', 'bytes']);
  });

  it('calls a body that was cut off retryable', async () => {
    const store = await storeBehind((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    await expect(store.read('t/a', 1_000)).rejects.toMatchObject({ retryable: true });
  });

  it('tells a missing bucket and refused credentials from a missing object', async () => {
    const store = openObjectStore(
      s3.url().replace('s3://pallet-test', 's3://absent'),
      s3.credentials,
    );
    await expect(store.check()).rejects.toMatchObject({ code: 'storage.bucket_missing' });
    await expect(store.read('t/a', 1)).rejects.toMatchObject({ code: 'storage.bucket_missing' });
    const closed = await storeBehind((_, response) => void response.writeHead(403).end());
    await expect(closed.check()).rejects.toMatchObject({
      code: 'storage.denied',
      retryable: false,
    });
    await expect(closed.stat('t/a')).rejects.toMatchObject({ code: 'storage.denied' });
  });

  it('says when nobody answers', async () => {
    // A free port would be somebody else's at times; this one is nobody's.
    const store = openAt(1);
    const put = store.put('t/a', Buffer.alloc(1), { bytes: 1 });
    await expect(put).rejects.toMatchObject({ code: 'storage.unavailable', retryable: true });
  });

  it('refuses an address that it does not understand', () => {
    for (const url of [
      's3://',
      'gs://b',
      'b',
      's3://b?regoin=x',
      's3://b?endpoint=here',
      'file://host/x',
    ]) {
      expect(() => openObjectStore(url)).toThrow(expect.objectContaining({ code: 'storage.url' }));
    }
  });
});
