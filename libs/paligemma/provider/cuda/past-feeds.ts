import { Tensor } from 'onnxruntime-node';
import type { TextConfig } from '../../checkpoint/model-config.js';
import type { KeyValueCache } from '../../generation/key-value-cache.js';
import { keyParts, RUN } from '../../graph/cache-layout.js';
import { decoderPorts } from '../../graph/decoder-graph.js';
import { integers } from '../../graph/integer-tensor.js';

/** The decoder's inputs from the cache: of its first `rows` slots, or of none when a prefix is read. */
export function pastFeeds(
  text: TextConfig,
  cache: KeyValueCache,
  { rows, tokens, isPrefix }: { rows: number; tokens: number; isPrefix: boolean },
): Record<string, Tensor> {
  const { layers, heads, keyValueHeads, headSize } = text;
  const past = isPrefix ? 0 : cache.capacity;
  const cachedRows = isPrefix ? 0 : rows;
  const parts = keyParts(headSize);
  const runs = past / RUN;
  const keyShape = [rows, keyValueHeads, parts, past, headSize / parts];
  const valueShape = [rows, keyValueHeads, runs, RUN, headSize];
  const mask = new Tensor('float32', cache.mask(cachedRows), [rows, 1, 1, past]);
  const group = heads / keyValueHeads;
  const feeds: Record<string, Tensor> = {
    [decoderPorts.pastMask]: mask,
    [decoderPorts.split]: integers([past, tokens]),
    [decoderPorts.pastShape]: integers([rows, keyValueHeads, tokens * group, runs, RUN]),
  };
  for (let layer = 0; layer < layers; layer++) {
    const view = (index: number, shape: number[]): Tensor =>
      new Tensor('float32', cache.view(index, cachedRows), shape);
    feeds[decoderPorts.pastKey(layer)] = view(2 * layer, keyShape);
    feeds[decoderPorts.pastValue(layer)] = view(2 * layer + 1, valueShape);
  }
  return feeds;
}
