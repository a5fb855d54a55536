import { Tensor } from 'onnxruntime-node';
import type { Graph } from '#onnx';
import type { TextConfig } from '../../checkpoint/model-config.js';
import { decoderPorts } from '../../graph/decoder-graph.js';
import { GraphSession } from '../../graph/graph-session.js';
import { integers } from '../../graph/integer-tensor.js';
import { DeviceCache } from './device-cache.js';

const HIDDEN = -1e30;

export interface DeviceDecoderOptions {
  readonly text: TextConfig;
  /** A decoder graph in the `webgpu` dialect. */
  readonly graph: Graph;
  readonly weightFolder: string;
  readonly slots: number;
  readonly maxTokens: number;
}

/**
 * The text model with weights and cache on the device. New keys and values go from the decoder into the cache
 * without leaving it; embeddings go in, final states of [rows, hidden] come out.
 *
 * A decode step always computes all slots, used or not: each kernel sees the same sizes whoever the mates are, so an
 * answer does not depend on them.
 */
export class DeviceDecoder {
  readonly #freshNames: readonly string[];

  private constructor(
    private readonly text: TextConfig,
    private readonly slots: number,
    private readonly session: GraphSession,
    readonly cache: DeviceCache,
  ) {
    this.#freshNames = freshNames(text);
  }

  static async open(options: DeviceDecoderOptions): Promise<DeviceDecoder> {
    const { text, graph, weightFolder, slots, maxTokens } = options;
    const cache = await DeviceCache.open({ ...text, slots, maxTokens });
    try {
      const session = await GraphSession.open(graph, {
        weightFolder,
        provider: 'webgpu',
        onDevice: freshNames(text),
      });
      return new DeviceDecoder(text, slots, session, cache);
    } catch (error) {
      await cache.close();
      throw error;
    }
  }

  /** Reads a prefix [tokens, hidden] into a free slot and returns the last `wanted` final states [wanted, hidden]. */
  async prefill(
    slot: number,
    embeddings: Float32Array,
    maxTokens: number,
    wanted = 1,
  ): Promise<Float32Array> {
    await this.cache.reserve(slot, maxTokens);
    const { hiddenSize } = this.text;
    const tokens = embeddings.length / hiddenSize;
    const positions = Array.from({ length: tokens }, (_, index) => index);
    const feeds = {
      [decoderPorts.embeddings]: new Tensor('float32', embeddings, [1, tokens, hiddenSize]),
      [decoderPorts.positions]: integers(positions, [1, tokens]),
      [decoderPorts.wanted]: integers(positions.slice(-wanted)),
      [decoderPorts.split]: integers([1, tokens]),
      [decoderPorts.tokenShape]: integers([1, tokens, -1]),
      ...this.#noPast(),
    };
    return this.#run(feeds, (fresh) => this.cache.fill(slot, fresh, tokens));
  }

  /** One token of each stepped slot. embeddings and result: [slots, hidden]. */
  async decode(stepped: readonly number[], embeddings: Float32Array): Promise<Float32Array> {
    const { slots } = this;
    const positions = Array.from({ length: slots }, (_, slot) => this.cache.length(slot));
    const feeds = {
      [decoderPorts.embeddings]: new Tensor('float32', embeddings, [
        slots,
        1,
        this.text.hiddenSize,
      ]),
      [decoderPorts.positions]: integers(positions, [slots, 1]),
      [decoderPorts.wanted]: integers([0]),
      [decoderPorts.split]: integers([this.cache.capacity, 1]),
      [decoderPorts.tokenShape]: integers([slots, 1, -1]),
      ...this.cache.feeds(),
    };
    return this.#run(feeds, (fresh) => this.cache.append(stepped, fresh));
  }

  async close(): Promise<void> {
    await this.cache.close();
    await this.session.release();
  }

  /**
   * Keys and values are written only when all states are numbers: a NaN would reach whoever has the slot next.
   * Every run fetches the same outputs: the binding keeps those of earlier runs bound, and a session with outputs on
   * the device then fails over their shape.
   */
  async #run(
    feeds: Record<string, Tensor>,
    write: (fresh: readonly Tensor[]) => Promise<void>,
  ): Promise<Float32Array> {
    const outputs = await this.session.run(feeds, [decoderPorts.states, ...this.#freshNames]);
    const fresh = this.#freshNames.map((name) => outputs[name]!);
    try {
      const states = outputs[decoderPorts.states]!.data as Float32Array;
      if (states.every(Number.isFinite)) await write(fresh);
      return states;
    } finally {
      for (const tensor of fresh) tensor.dispose();
    }
  }

  /** One masked token: kernels of the device do not take a past of none. */
  #noPast(): Record<string, Tensor> {
    const { layers, keyValueHeads, headSize } = this.text;
    const shape = [1, keyValueHeads, 1, headSize];
    const zeros = new Tensor('float32', new Float32Array(keyValueHeads * headSize), shape);
    const mask = new Tensor('float32', Float32Array.of(HIDDEN), [1, 1, 1, 1]);
    const feeds: Record<string, Tensor> = { [decoderPorts.pastMask]: mask };
    for (let layer = 0; layer < layers; layer++) {
      feeds[decoderPorts.pastKey(layer)] = zeros;
      feeds[decoderPorts.pastValue(layer)] = zeros;
    }
    return feeds;
  }
}

/** Key and value of each layer. */
function freshNames({ layers }: TextConfig): string[] {
  return Array.from({ length: layers }, (_, layer) => [
    decoderPorts.freshKey(layer),
    decoderPorts.freshValue(layer),
  ]).flat();
}
