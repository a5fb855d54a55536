import { describe, expect, it } from 'vitest';
import { YoungCollection } from './young-collection.js';

const MB = 1_048_576;
const PIECE_BYTES = 65_536;

describe('the collection of young objects', () => {
  it('comes once every 8 MB, in whatever pieces they are read', () => {
    for (const piece of [1_000, PIECE_BYTES, 8 * MB, 20 * MB]) {
      const collections: object[] = [];
      const young = new YoungCollection((options) => collections.push(options));
      const pieces = Math.ceil((80 * MB) / piece);
      for (let n = 0; n < pieces; n += 1) young.read(piece);
      const perCollection = Math.ceil((8 * MB) / piece);
      expect(collections).toHaveLength(Math.floor(pieces / perCollection));
      expect(collections[0]).toEqual({ type: 'minor' });
    }
  });

  it('frees the buffers that nobody holds', () => {
    const young = new YoungCollection();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let n = 0; n < (512 * MB) / PIECE_BYTES; n += 1) {
      young.read(Buffer.allocUnsafeSlow(PIECE_BYTES).byteLength);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    // V8 by itself lets 40 MB of them gather, with nothing else in the heap.
    expect(most).toBeLessThan(32 * MB);
  });
});
