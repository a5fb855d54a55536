import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asUploaded, exactContent, readImage } from './image-content.js';
import type { ObjectStore } from './object-store.js';

const IMAGE = Buffer.from('an image');
const sha256 = createHash('sha256').update(IMAGE).digest('hex');
const WRONG = { code: 'storage.wrong_bytes', retryable: true };

describe('an image', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Of a store that gives these, one after the other; then nothing. */
  async function read(...given: Uint8Array[]): Promise<Uint8Array> {
    const store = { read: async () => given.shift() } as Partial<ObjectStore>;
    const reading = readImage(store as ObjectStore, { tenantId: 'one', sha256 }, 100);
    reading.catch(() => undefined);
    await vi.runAllTimersAsync();
    return reading;
  }

  it('is read as it was uploaded, or not at all', async () => {
    const wrong = [IMAGE.subarray(0, -1), Buffer.from('an imago'), Buffer.alloc(0)];
    expect(await read(IMAGE)).toEqual(IMAGE);
    expect(await read(...wrong, IMAGE)).toEqual(IMAGE);
    await expect(read(...wrong, wrong[0]!)).rejects.toMatchObject({
      code: 'image.damaged',
      retryable: false,
      context: { sha256 },
    });
  });

  it('is asked for once when the store fails otherwise: others wait for that', async () => {
    const asked = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('gone')));
    await expect(asUploaded(asked)).rejects.toThrow('gone');
    expect(asked).toHaveBeenCalledOnce();
  });
});

it('fails as a stream before its end', async () => {
  const stream = (...chunks: Uint8Array[]) =>
    pipeline(Readable.from(chunks), exactContent(sha256), (passed) => buffer(passed));
  expect(await stream(IMAGE.subarray(0, 3), IMAGE.subarray(3))).toEqual(IMAGE);
  await expect(stream(IMAGE.subarray(0, 3))).rejects.toMatchObject(WRONG);
  await expect(stream(IMAGE, IMAGE)).rejects.toMatchObject(WRONG);
});
