import type { Tensor } from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decoderGraphOf } from '../../graph/decoder-graph.js';
import { webgpuDialect } from '../../graph/dialect.js';
import { GraphSession } from '../../graph/graph-session.js';
import { DeviceCache } from './device-cache.js';
import { DeviceDecoder } from './device-decoder.js';
import { RandomWeights, randomFloats } from './random-weights.js';
import { HAS_WEBGPU, useSwiftShader } from './swiftshader-fixture.js';
import { linearSizes, TEXT } from './self-test.js';

const MEGABYTE = 2 ** 20;
const MAX_TOKENS = 16;
useSwiftShader();

/** SwiftShader's device memory is the process's own. The first two rounds make what stays. */
async function growthOf(rounds: number, round: () => Promise<void>): Promise<number> {
  for (let index = 0; index < 2; index++) await round();
  const before = process.memoryUsage().rss;
  for (let index = 0; index < rounds; index++) await round();
  return process.memoryUsage().rss - before;
}

afterEach(() => vi.restoreAllMocks());

describe.skipIf(!HAS_WEBGPU)('memory of the device', () => {
  it('comes back when the cache grows and starts anew', async () => {
    const shape = { layers: 1, slots: 8, keyValueHeads: 4, headSize: 512, maxTokens: 1024 };
    const cache = await DeviceCache.open(shape);
    const growth = await growthOf(12, async () => {
      await cache.reserve(0, 128);
      // 2 x 8 MB, then 2 x 16 MB.
      await cache.reserve(1, 256);
      expect(cache.bytes.held).toBe(32 * MEGABYTE);
      cache.free(0);
      cache.free(1);
    });
    expect(cache.bytes.limit).toBe(128 * MEGABYTE);
    await cache.close();
    expect(growth).toBeLessThan(100 * MEGABYTE);
  }, 120_000);

  it('is given back after each of 40 steps, and all of it at the end', async () => {
    const made = watchDevice();
    const decoder = await openDecoder();
    const prefix = randomFloats(5 * TEXT.hiddenSize, 1);
    for (let round = 0; round < 10; round++) {
      await decoder.prefill(0, prefix, MAX_TOKENS);
      for (let step = 0; step < 3; step++) {
        await decoder.decode([0], prefix.subarray(0, TEXT.hiddenSize));
      }
      decoder.cache.free(0);
      const held = made.filter(isHeld);
      // Keys and values of each layer.
      expect(held).toHaveLength(2 * TEXT.layers);
    }
    expect(made).toHaveLength(2 * TEXT.layers * 41);
    await decoder.close();
    expect(made.filter(isHeld)).toEqual([]);
  }, 120_000);
});

/** Every tensor of the device that a session hands out from now on. */
function watchDevice(): Tensor[] {
  const made: Tensor[] = [];
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { run } = GraphSession.prototype;
  vi.spyOn(GraphSession.prototype, 'run').mockImplementation(async function (
    this: GraphSession,
    feeds,
    fetches,
  ) {
    const outputs = await run.call(this, feeds, fetches);
    made.push(...Object.values(outputs).filter(isHeld));
    return outputs;
  });
  return made;
}

/** A tensor that was disposed of is nowhere. */
function isHeld(tensor: Tensor): boolean {
  return tensor.location === 'gpu-buffer';
}

function openDecoder(): Promise<DeviceDecoder> {
  const graph = decoderGraphOf(
    TEXT,
    (builder) => new RandomWeights(builder, linearSizes(TEXT), TEXT.hiddenSize),
    MAX_TOKENS,
    webgpuDialect,
  );
  return DeviceDecoder.open({
    text: TEXT,
    graph,
    weightFolder: '.',
    slots: 1,
    maxTokens: MAX_TOKENS,
  });
}
