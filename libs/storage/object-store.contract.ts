import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from './object-store.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** In pieces of 64 kB, as an upload arrives. */
function streamOf(bytes: Uint8Array): Readable {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += 65_536)
    pieces.push(bytes.subarray(at, at + 65_536));
  return Readable.from(pieces);
}

/** What every adapter of `ObjectStore` owes. */
export function describeObjectStore(adapter: string, open: () => Promise<ObjectStore>): void {
  describe(`${adapter} keeps the ObjectStore contract`, () => {
    let store: ObjectStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    const freshKey = (): string => `t/${randomUUID()}/images/a1`;
    const put = (key: string, content: string): Promise<void> => {
      const body = Buffer.from(content);
      return store.put(key, body, { bytes: body.byteLength });
    };
    async function keysOf(prefix: string): Promise<string[]> {
      const keys: string[] = [];
      for await (const { key } of store.list(prefix)) keys.push(key);
      return keys.toSorted();
    }

    it('gives back what was put', async () => {
      const key = freshKey();
      await put(key, 'some bytes');
      expect(text(await store.read(key, 100))).toBe('some bytes');
      expect(text(await buffer(await store.open(key)))).toBe('some bytes');
      expect(await store.stat(key)).toEqual({ bytes: 10 });
    });

    it('takes the same key again', async () => {
      const key = freshKey();
      await put(key, 'same');
      await put(key, 'same');
      expect(text(await store.read(key, 100))).toBe('same');
      expect(await keysOf(key)).toEqual([key]);
    });

    it('keeps an empty object', async () => {
      const key = freshKey();
      await put(key, '');
      expect(await store.stat(key)).toEqual({ bytes: 0 });
      expect(await store.read(key, 0)).toHaveLength(0);
    });

    it.each([1_000, 5 * 2 ** 20, 5 * 2 ** 20 + 1, 12_345_678])(
      'takes a stream of %i bytes unchanged',
      async (bytes) => {
        const key = freshKey();
        const content = randomBytes(bytes);
        await store.put(key, streamOf(content), { bytes, contentType: 'image/png' });
        expect(await store.stat(key)).toEqual({ bytes });
        expect(digest(await buffer(await store.open(key)))).toBe(digest(content));
      },
    );

    it.each([[], [0], [1_000], [1_000, 0, 5], [3 * 2 ** 20, 3 * 2 ** 20], Array(2_000).fill(7)])(
      'takes pieces of %j bytes as one',
      async (...sizes) => {
        const key = freshKey();
        const content = randomBytes(sizes.reduce((sum, size) => sum + size, 0));
        let at = 0;
        const pieces = sizes.map((size) => content.subarray(at, (at += size)));
        await store.put(key, pieces, { bytes: content.byteLength });
        expect(digest(await buffer(await store.open(key)))).toBe(digest(content));
        const bytes = content.byteLength + 1;
        await expect(store.put(freshKey(), pieces, { bytes })).rejects.toMatchObject({
          code: 'storage.length_mismatch',
        });
      },
    );

    it('reads a part', async () => {
      const key = freshKey();
      await put(key, '0123456789');
      const part = async (start: number, end: number): Promise<string> =>
        text(await buffer(await store.open(key, { start, end })));
      expect(await part(2, 4)).toBe('234');
      expect(await part(9, 9)).toBe('9');
      expect(await part(7, 1_000)).toBe('789');
      await expect(store.open(key, { start: 10, end: 12 })).rejects.toMatchObject({
        code: 'storage.range_invalid',
      });
    });

    it('tells what it does not have', async () => {
      const key = freshKey();
      await put(key, 'file');
      for (const absent of [freshKey(), `${key}/below`, key.slice(0, -3)]) {
        const notFound = { code: 'storage.not_found', retryable: false };
        await expect(store.open(absent)).rejects.toMatchObject(notFound);
        await expect(store.read(absent, 10)).rejects.toMatchObject(notFound);
        expect(await store.stat(absent)).toBeUndefined();
        await expect(store.remove(absent)).resolves.toBeUndefined();
      }
      expect(await store.stat(key)).toEqual({ bytes: 4 });
    });

    it('reads no more at once than it is allowed to', async () => {
      const key = freshKey();
      await put(key, '0123456789');
      await expect(store.read(key, 9)).rejects.toMatchObject({ code: 'storage.too_large' });
      expect(await store.read(key, 10)).toHaveLength(10);
    });

    it.each([
      ['fewer', 4, 6],
      ['more', 6, 4],
      ['fewer, in parts', 6_000_000, 6_000_001],
      ['more, in parts', 6_000_001, 6_000_000],
    ])('stores nothing of a stream with %s bytes than announced', async (_, sent, bytes) => {
      const key = freshKey();
      const body = streamOf(Buffer.alloc(sent));
      await expect(store.put(key, body, { bytes })).rejects.toMatchObject({
        code: 'storage.length_mismatch',
      });
      expect(await store.stat(key)).toBeUndefined();
    });

    it('stores nothing of bytes that are not as many as announced', async () => {
      const key = freshKey();
      await expect(store.put(key, Buffer.alloc(4), { bytes: 5 })).rejects.toMatchObject({
        code: 'storage.length_mismatch',
      });
      expect(await store.stat(key)).toBeUndefined();
    });

    it.each([100, 6_000_000])(
      'stores nothing of a stream of %i bytes that breaks, and keeps its error',
      async (sent) => {
        const key = freshKey();
        await put(key, 'before');
        const broken = Object.assign(new Error('client went away'), { code: 'ECONNRESET' });
        async function* breaks(): AsyncIterable<Uint8Array> {
          yield Buffer.alloc(sent);
          throw broken;
        }
        const body = Readable.from(breaks());
        await expect(store.put(key, body, { bytes: sent + 1 })).rejects.toBe(broken);
        expect(text(await store.read(key, 10))).toBe('before');
      },
    );

    it('removes, also twice', async () => {
      const key = freshKey();
      await put(key, 'gone soon');
      await store.remove(key);
      await store.remove(key);
      expect(await store.stat(key)).toBeUndefined();
    });

    it('lists by the beginning of a key, whole or not', async () => {
      const tenant = `t/${randomUUID()}`;
      const keys = [`${tenant}/images/a1`, `${tenant}/images/a2`, `${tenant}/masks/deep/b1`];
      for (const key of keys) await put(key, key);
      await put(`${tenant}-other`, 'x');
      expect(await keysOf(`${tenant}/`)).toEqual(keys);
      expect(await keysOf(`${tenant}/images/a`)).toEqual(keys.slice(0, 2));
      expect(await keysOf(`${tenant}/ma`)).toEqual(keys.slice(2));
      expect(await keysOf(tenant)).toEqual([`${tenant}-other`, ...keys].toSorted());
      expect(await keysOf('nothing/like/this/')).toEqual([]);
      for await (const { key, bytes } of store.list(`${tenant}/images/`)) {
        expect(bytes).toBe(key.length);
      }
    });

    it('refuses keys that could lead elsewhere', async () => {
      const evil = [
        '',
        '/etc/passwd',
        '../x',
        't/../../x',
        't//x',
        't/.',
        't/',
        't/a\0b',
        't\\..\\x',
        '.incoming/x',
        'a'.repeat(600),
      ];
      for (const key of evil) {
        const refused = { code: 'storage.key_invalid' };
        await expect(put(key, 'x')).rejects.toMatchObject(refused);
        await expect(store.open(key)).rejects.toMatchObject(refused);
        await expect(store.read(key, 1)).rejects.toMatchObject(refused);
        await expect(store.stat(key)).rejects.toMatchObject(refused);
        await expect(store.remove(key)).rejects.toMatchObject(refused);
        const presign = { bytes: 1, md5: '', validSeconds: 1 };
        await expect(store.presignPut(key, presign)).rejects.toMatchObject(refused);
      }
      await expect(keysOf('../')).rejects.toMatchObject({ code: 'storage.key_invalid' });
      await expect(keysOf('/')).rejects.toMatchObject({ code: 'storage.key_invalid' });
    });

    it('lets others put exactly the bytes it was told of, or says that it takes nothing from them', async () => {
      const key = freshKey();
      const body = randomBytes(1_000);
      const md5 = createHash('md5').update(body).digest('base64');
      const target = await store.presignPut(key, { bytes: 1_000, md5, validSeconds: 60 });
      expect(await store.stat(key)).toBeUndefined();
      if (target === undefined) return;
      for (const _ of ['once', 'again']) {
        const answer = await fetch(target.url, { method: 'PUT', headers: target.headers, body });
        expect(answer.status).toBe(200);
      }
      expect(digest(await store.read(key, 1_000))).toBe(digest(body));
    });

    it('answers that it is there', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });
  });
}
