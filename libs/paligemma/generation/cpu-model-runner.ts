import { Tensor } from 'onnxruntime-node';
import type { Graph } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { keyParts, RUN } from '../graph/cache-layout.js';
import { decoderGraph, decoderPorts } from '../graph/decoder-graph.js';
import { GraphSession } from '../graph/graph-session.js';
import { integers } from '../graph/integer-tensor.js';
import { visionGraph } from '../graph/vision-graph.js';
import { TextEmbedding } from '../provider/text-embedding.js';
import { Head, type HeadOptions } from './head.js';
import { encodeImage } from './encode-image.js';
import { KeyValueCache } from './key-value-cache.js';
import type { Choice, ImageFeatures, ModelRunner, PrefillRequest, Step } from './model-runner.js';

export interface RunnerOptions extends Omit<HeadOptions, 'dialect'> {
  readonly slots: number;
  /** Most tokens of one sequence: prefix and answer. */
  readonly maxTokens: number;
  /** Ends an answer. For runners that choose several tokens at once; the batcher looks for it itself. */
  readonly eosId?: number;
}

interface Parts {
  readonly vision: GraphSession;
  readonly decoder: GraphSession;
  readonly head: Head;
}

/**
 * Runs PaliGemma on ONNX Runtime. Prefill takes one sequence at its exact length and decode one token of each slot,
 * so no sum ever runs over another sequence's numbers or padding: batch mates cannot change an answer.
 */
export class CpuModelRunner implements ModelRunner {
  readonly slots: number;
  readonly #cache: KeyValueCache;
  readonly #embedding: TextEmbedding;

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly parts: Parts,
    options: RunnerOptions,
  ) {
    const { text } = checkpoint.config;
    this.slots = options.slots;
    this.#cache = new KeyValueCache({ ...text, ...options });
    this.#embedding = new TextEmbedding(checkpoint);
  }

  /** Errors: those of the runtime, for instance when memory does not suffice; nothing stays loaded then. */
  static async open(checkpoint: Checkpoint, options: RunnerOptions): Promise<CpuModelRunner> {
    const opened: GraphSession[] = [];
    const open = async (graph: Graph): Promise<GraphSession> => {
      const { weightFolder } = checkpoint;
      const session = await GraphSession.open(graph, { weightFolder, threads: options.threads });
      opened.push(session);
      return session;
    };
    try {
      // One after the other: each needs twice its size while it loads.
      const vision = await open(visionGraph(checkpoint));
      const decoder = await open(decoderGraph(checkpoint, options.maxTokens));
      const head = await Head.open(checkpoint, options);
      return new CpuModelRunner(checkpoint, { vision, decoder, head }, options);
    } catch (error) {
      await Promise.all(opened.map((session) => session.release()));
      throw error;
    }
  }

  get memory(): KeyValueCache['bytes'] {
    return this.#cache.bytes;
  }

  encode(pixels: Uint8Array): Promise<ImageFeatures> {
    return encodeImage(this.parts.vision, this.checkpoint.config, pixels);
  }

  async prefill(request: PrefillRequest): Promise<Choice> {
    const { slot, image, prefix, maxTokens, selection } = request;
    this.#cache.reserve(slot, maxTokens);
    const { states, keyValues } = await this.#runPrefix(image, prefix, 1);
    const [choice] = await this.parts.head.choose(states, [{ row: 0, selection }]);
    this.#cache.fill(slot, keyValues, prefix.length);
    return choice!;
  }

  async decode(steps: ReadonlyMap<number, Step>): Promise<ReadonlyMap<number, readonly Choice[]>> {
    // Slots are not moved together: a hole costs one idle row until the next sequence fills it.
    const rows = Math.max(...steps.keys()) + 1;
    const { hiddenSize } = this.checkpoint.config.text;
    const embeddings = new Float32Array(rows * hiddenSize);
    const positions = new BigInt64Array(rows);
    for (const [slot, { token }] of steps) {
      this.#embedding.read(token, embeddings, slot * hiddenSize);
      positions[slot] = BigInt(this.#cache.length(slot));
    }
    const outputs = await this.parts.decoder.run(
      {
        [decoderPorts.embeddings]: new Tensor('float32', embeddings, [rows, 1, hiddenSize]),
        [decoderPorts.positions]: new Tensor('int64', positions, [rows, 1]),
        [decoderPorts.wanted]: integers([0]),
        ...this.#past(rows, this.#cache.capacity, 1),
      },
      [decoderPorts.states, decoderPorts.keyValues],
    );
    const choices = await this.parts.head.choose(
      floatsOf(outputs[decoderPorts.states]),
      [...steps].map(([slot, { selection }]) => ({ row: slot, selection })),
    );
    const keyValues = floatsOf(outputs[decoderPorts.keyValues]);
    for (const slot of steps.keys()) this.#cache.append(slot, keyValues, rows);
    return new Map([...steps.keys()].map((slot, index) => [slot, [choices[index]!]]));
  }

  free(slot: number): void {
    this.#cache.free(slot);
  }

  /** Logits of the last `count` tokens of a prefix, [count, vocabulary]: for comparison with other engines. */
  async logits(
    image: ImageFeatures,
    prefix: readonly number[],
    count: number,
  ): Promise<Float32Array> {
    const { states } = await this.#runPrefix(image, prefix, count);
    return this.parts.head.logits(states);
  }

  async close(): Promise<void> {
    const { vision, decoder, head } = this.parts;
    await Promise.all([vision.release(), decoder.release(), head.close()]);
    this.#embedding.close();
  }

  /** States of the last `wanted` tokens, [wanted, hidden], and the keys and values of all. */
  async #runPrefix(image: ImageFeatures, prefix: readonly number[], wanted: number) {
    const { hiddenSize } = this.checkpoint.config.text;
    const tokens = prefix.length;
    const embeddings = this.#embedding.prefix(image, prefix);
    const positions = BigInt64Array.from({ length: tokens }, (_, index) => BigInt(index));
    const outputs = await this.parts.decoder.run(
      {
        [decoderPorts.embeddings]: new Tensor('float32', embeddings, [1, tokens, hiddenSize]),
        [decoderPorts.positions]: new Tensor('int64', positions, [1, tokens]),
        [decoderPorts.wanted]: integers(
          Array.from({ length: wanted }, (_, index) => tokens - wanted + index),
        ),
        ...this.#past(1, 0, tokens),
      },
      [decoderPorts.states, decoderPorts.keyValues],
    );
    return {
      states: floatsOf(outputs[decoderPorts.states]),
      keyValues: floatsOf(outputs[decoderPorts.keyValues]),
    };
  }

  /** `past` is 0 at prefill, which reads no cache. */
  #past(rows: number, past: number, tokens: number): Record<string, Tensor> {
    const { layers, heads, keyValueHeads, headSize } = this.checkpoint.config.text;
    const cachedRows = past === 0 ? 0 : rows;
    const parts = keyParts(headSize);
    const runs = past / RUN;
    const pastShape = [rows, keyValueHeads, (tokens * heads) / keyValueHeads, runs, RUN];
    const view = (index: number, shape: number[]): Tensor =>
      new Tensor('float32', this.#cache.view(index, cachedRows), shape);
    const feeds: Record<string, Tensor> = {
      [decoderPorts.pastMask]: new Tensor('float32', this.#cache.mask(cachedRows), [
        rows,
        1,
        1,
        past,
      ]),
      [decoderPorts.split]: integers([past, tokens]),
      [decoderPorts.pastShape]: integers(pastShape),
    };
    for (let layer = 0; layer < layers; layer++) {
      const keyShape = [rows, keyValueHeads, parts, past, headSize / parts];
      feeds[decoderPorts.pastKey(layer)] = view(2 * layer, keyShape);
      const valueShape = [rows, keyValueHeads, runs, RUN, headSize];
      feeds[decoderPorts.pastValue(layer)] = view(2 * layer + 1, valueShape);
    }
    return feeds;
  }
}

function floatsOf(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}
