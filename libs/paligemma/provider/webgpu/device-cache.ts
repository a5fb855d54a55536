import { Tensor } from 'onnxruntime-node';
import { RUN } from '../../graph/cache-layout.js';
import { decoderPorts } from '../../graph/decoder-graph.js';
import { GraphSession } from '../../graph/graph-session.js';
import { integers } from '../../graph/integer-tensor.js';
import { cachePorts, growGraph, writeGraph, zerosGraph } from './cache-graphs.js';

/** Finite: -Infinity makes NaN of a row that is all padding. */
const HIDDEN = -1e30;

export interface DeviceCacheShape {
  readonly layers: number;
  readonly slots: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Most tokens that one sequence may ever have. */
  readonly maxTokens: number;
}

interface Sessions {
  readonly zeros: GraphSession;
  readonly grow: GraphSession;
  readonly write: GraphSession;
}

/**
 * Keys and values of every slot, in memory of the device: keys and values of each layer are a tensor
 * [slots, keyValueHeads, capacity, headSize], into which new vectors are written in place.
 *
 * `capacity` is shared. It grows with the longest sequence that is reserved, in steps of RUN, and starts anew when
 * every slot is free. What lies behind a sequence is masked and always finite: zero, or another sequence's past.
 * No tensor of the device is ever left to the garbage collector, which does not see what it holds.
 */
export class DeviceCache {
  #capacity = 0;
  #tensors: Tensor[] = [];
  readonly #lengths: number[];
  readonly #reserved: number[];

  private constructor(
    private readonly shape: DeviceCacheShape,
    private readonly sessions: Sessions,
  ) {
    this.#lengths = Array.from({ length: shape.slots }, () => 0);
    this.#reserved = [...this.#lengths];
  }

  static async open(shape: DeviceCacheShape): Promise<DeviceCache> {
    const common = { weightFolder: '.', provider: 'webgpu' } as const;
    const onDevice = [cachePorts.result];
    const zeros = await GraphSession.open(zerosGraph(), { ...common, onDevice });
    const grow = await GraphSession.open(growGraph(), { ...common, onDevice });
    const graph = writeGraph(2 * shape.layers, shape.keyValueHeads, shape.headSize);
    const write = await GraphSession.open(graph, common);
    return new DeviceCache(shape, { zeros, grow, write });
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Bytes on the device now, and the most there can be. */
  get bytes(): { readonly held: number; readonly limit: number } {
    const { layers, slots, keyValueHeads, headSize, maxTokens } = this.shape;
    const token = 4 * 2 * layers * slots * keyValueHeads * headSize;
    const held = this.#tensors.length === 0 ? 0 : this.#capacity;
    return { held: token * held, limit: token * bucket(maxTokens) };
  }

  length(slot: number): number {
    return this.#lengths[slot]!;
  }

  /** Makes room for a sequence that may grow to `tokens`. */
  async reserve(slot: number, tokens: number): Promise<void> {
    const isEmpty = this.#reserved.every((reserved) => reserved === 0);
    this.#reserved[slot] = tokens;
    const wanted = bucket(Math.max(...this.#reserved));
    if (isEmpty && wanted !== this.#capacity) await this.#renew(wanted);
    else if (wanted > this.#capacity) await this.#grow(wanted);
  }

  /** What the decoder reads: all slots, whether in use or not. */
  feeds(): Record<string, Tensor> {
    const { layers, slots } = this.shape;
    const mask = new Float32Array(slots * this.#capacity).fill(HIDDEN);
    this.#lengths.forEach((length, slot) =>
      mask.fill(0, slot * this.#capacity, slot * this.#capacity + length),
    );
    const feeds: Record<string, Tensor> = {
      [decoderPorts.pastMask]: new Tensor('float32', mask, [slots, 1, 1, this.#capacity]),
    };
    for (let layer = 0; layer < layers; layer++) {
      feeds[decoderPorts.pastKey(layer)] = this.#tensors[2 * layer]!;
      feeds[decoderPorts.pastValue(layer)] = this.#tensors[2 * layer + 1]!;
    }
    return feeds;
  }

  /** Puts a prefix into an empty slot. `fresh`: key and value of each layer, [1, keyValueHeads, tokens, headSize]. */
  async fill(slot: number, fresh: readonly Tensor[], tokens: number): Promise<void> {
    const { keyValueHeads } = this.shape;
    const places: number[] = [];
    for (let head = 0; head < keyValueHeads; head++) {
      for (let token = 0; token < tokens; token++) places.push(slot, head, token);
    }
    await this.#write(fresh, places, [1, keyValueHeads, tokens, 3]);
    this.#lengths[slot] = tokens;
  }

  /** Adds one token to some slots. `fresh`: key and value of each layer, [slots, keyValueHeads, 1, headSize]. */
  async append(stepped: Iterable<number>, fresh: readonly Tensor[]): Promise<void> {
    const { slots, keyValueHeads } = this.shape;
    const places: number[] = [];
    for (let slot = 0; slot < slots; slot++) {
      // Slots that took no step write too: behind their sequence, where nobody looks before they write again.
      const position = Math.min(this.#lengths[slot]!, this.#capacity - 1);
      for (let head = 0; head < keyValueHeads; head++) places.push(slot, head, position);
    }
    await this.#write(fresh, places, [slots, keyValueHeads, 1, 3]);
    for (const slot of stepped) this.#lengths[slot]! += 1;
  }

  free(slot: number): void {
    this.#lengths[slot] = 0;
    this.#reserved[slot] = 0;
  }

  async close(): Promise<void> {
    this.#dispose();
    for (const session of Object.values(this.sessions)) await session.release();
  }

  async #write(fresh: readonly Tensor[], places: number[], shape: number[]): Promise<void> {
    const feeds: Record<string, Tensor> = { [cachePorts.places]: integers(places, shape) };
    const targets: Record<string, Tensor> = {};
    this.#tensors.forEach((cache, index) => {
      feeds[cachePorts.cache(index)] = cache;
      feeds[cachePorts.fresh(index)] = fresh[index]!;
      targets[cachePorts.written(index)] = cache;
    });
    await this.sessions.write.runInto(feeds, targets);
  }

  async #renew(capacity: number): Promise<void> {
    this.#dispose();
    const shape = this.#tensorShape(capacity);
    for (let index = 0; index < 2 * this.shape.layers; index++) {
      const { result } = await this.sessions.zeros.run({ [cachePorts.shape]: shape }, [
        cachePorts.result,
      ]);
      this.#tensors.push(result);
    }
    this.#capacity = capacity;
  }

  /** One tensor after the other, so that only one is there twice. */
  async #grow(capacity: number): Promise<void> {
    const shape = this.#tensorShape(capacity - this.#capacity);
    for (const [index, old] of this.#tensors.entries()) {
      const feeds = { [cachePorts.old]: old, [cachePorts.shape]: shape };
      const { result } = await this.sessions.grow.run(feeds, [cachePorts.result]);
      this.#tensors[index] = result;
      old.dispose();
    }
    this.#capacity = capacity;
  }

  #tensorShape(capacity: number): Tensor {
    const { slots, keyValueHeads, headSize } = this.shape;
    return integers([slots, keyValueHeads, capacity, headSize]);
  }

  #dispose(): void {
    for (const tensor of this.#tensors) tensor.dispose();
    this.#tensors = [];
    this.#capacity = 0;
  }
}

function bucket(tokens: number): number {
  return Math.ceil(tokens / RUN) * RUN;
}
