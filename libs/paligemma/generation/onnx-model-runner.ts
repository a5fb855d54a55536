import { Tensor } from 'onnxruntime-node';
import { AppError } from '#contracts';
import type { Graph } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { EMBEDDING } from '../checkpoint/expected-tensors.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import { RowReader } from '../checkpoint/tensor-reader.js';
import { keyParts, RUN } from '../graph/cache-layout.js';
import { decoderGraph, decoderPorts } from '../graph/decoder-graph.js';
import { GraphSession } from '../graph/graph-session.js';
import { headGraph, headPorts } from '../graph/head-graph.js';
import { visionGraph } from '../graph/vision-graph.js';
import { imagePatches } from './image-patches.js';
import { KeyValueCache } from './key-value-cache.js';
import type { Choice, ImageFeatures, ModelRunner, PrefillRequest } from './model-runner.js';

export interface RunnerOptions {
  readonly slots: number;
  /** Most tokens of one sequence: prefix and answer. */
  readonly maxTokens: number;
  /** Only ids below this can be chosen. */
  readonly vocabularySize: number;
  readonly threads?: number;
}

interface Sessions {
  readonly vision: GraphSession;
  readonly decoder: GraphSession;
  readonly head: GraphSession;
}

/**
 * Runs PaliGemma on ONNX Runtime. Prefill takes one sequence at its exact length and decode one token of each slot,
 * so no sum ever runs over another sequence's numbers or padding: batch mates cannot change an answer.
 */
export class OnnxModelRunner implements ModelRunner {
  readonly slots: number;
  readonly #cache: KeyValueCache;
  readonly #embedding: RowReader;
  readonly #embeddingScale: number;

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly sessions: Sessions,
    options: RunnerOptions,
  ) {
    const { text } = checkpoint.config;
    this.slots = options.slots;
    this.#cache = new KeyValueCache({ ...text, ...options });
    this.#embedding = new RowReader(getTensor(checkpoint.tensors, EMBEDDING));
    this.#embeddingScale = Math.fround(Math.sqrt(text.hiddenSize));
  }

  /** Errors: those of the runtime, for instance when memory does not suffice; nothing stays loaded then. */
  static async open(checkpoint: Checkpoint, options: RunnerOptions): Promise<OnnxModelRunner> {
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
      const head = await open(headGraph(checkpoint, options.vocabularySize));
      return new OnnxModelRunner(checkpoint, { vision, decoder, head }, options);
    } catch (error) {
      await Promise.all(opened.map((session) => session.release()));
      throw error;
    }
  }

  get memory(): KeyValueCache['bytes'] {
    return this.#cache.bytes;
  }

  async encode(pixels: Uint8Array): Promise<ImageFeatures> {
    const { vision, text, imageTokens } = this.checkpoint.config;
    const patches = imagePatches(pixels, vision.imageSize, vision.patchSize);
    const shape = [imageTokens, patches.length / imageTokens];
    const { features } = await this.sessions.vision.run(
      { patches: new Tensor('float32', patches, shape) },
      ['features'],
    );
    return { data: floatsOf(features), tokens: imageTokens, width: text.hiddenSize };
  }

  async prefill({ slot, image, prefix, maxTokens }: PrefillRequest): Promise<Choice> {
    this.#cache.reserve(slot, maxTokens);
    const { states, keyValues } = await this.#runPrefix(image, prefix, 1);
    const [choice] = await this.#choose(states, 1);
    this.#cache.fill(slot, keyValues, prefix.length);
    return choice!;
  }

  async decode(newest: ReadonlyMap<number, number>): Promise<ReadonlyMap<number, Choice>> {
    // Slots are not moved together: a hole costs one idle row until the next sequence fills it.
    const rows = Math.max(...newest.keys()) + 1;
    const { hiddenSize } = this.checkpoint.config.text;
    const embeddings = new Float32Array(rows * hiddenSize);
    const positions = new BigInt64Array(rows);
    for (const [slot, token] of newest) {
      this.#embed(token, embeddings, slot * hiddenSize);
      positions[slot] = BigInt(this.#cache.length(slot));
    }
    const outputs = await this.sessions.decoder.run(
      {
        [decoderPorts.embeddings]: new Tensor('float32', embeddings, [rows, 1, hiddenSize]),
        [decoderPorts.positions]: new Tensor('int64', positions, [rows, 1]),
        [decoderPorts.wanted]: integers([0]),
        ...this.#past(rows, this.#cache.capacity, 1),
      },
      [decoderPorts.states, decoderPorts.keyValues],
    );
    const choices = await this.#choose(outputs[decoderPorts.states], rows);
    const keyValues = floatsOf(outputs[decoderPorts.keyValues]);
    for (const slot of newest.keys()) this.#cache.append(slot, keyValues, rows);
    return new Map([...newest.keys()].map((slot) => [slot, choices[slot]!]));
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
    const { logits } = await this.sessions.head.run({ [headPorts.states]: states }, [
      headPorts.logits,
    ]);
    return floatsOf(logits);
  }

  async close(): Promise<void> {
    const { vision, decoder, head } = this.sessions;
    await Promise.all([vision.release(), decoder.release(), head.release()]);
    this.#embedding.close();
  }

  /** States of the last `wanted` tokens, [wanted, hidden], and the keys and values of all. */
  async #runPrefix(image: ImageFeatures, prefix: readonly number[], wanted: number) {
    const { hiddenSize } = this.checkpoint.config.text;
    const tokens = prefix.length;
    const embeddings = new Float32Array(tokens * hiddenSize);
    // Text rows are scaled by sqrt(hidden), image features are not.
    embeddings.set(image.data);
    for (let index = image.tokens; index < tokens; index++) {
      this.#embed(prefix[index]!, embeddings, index * hiddenSize);
    }
    const positions = BigInt64Array.from({ length: tokens }, (_, index) => BigInt(index));
    const outputs = await this.sessions.decoder.run(
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
      states: outputs[decoderPorts.states],
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

  async #choose(states: Tensor, rows: number): Promise<Choice[]> {
    const outputs = await this.sessions.head.run({ [headPorts.states]: states }, [
      headPorts.token,
      headPorts.inverseProbability,
    ]);
    const tokens = outputs[headPorts.token].data as BigInt64Array;
    const inverseProbabilities = floatsOf(outputs[headPorts.inverseProbability]);
    return Array.from({ length: rows }, (_, row) => {
      const logProbability = -Math.log(inverseProbabilities[row]!);
      // Before anything is cached: a NaN in the cache would reach whoever has the slot next.
      if (!Number.isFinite(logProbability)) throw notFinite();
      return { token: Number(tokens[row]), logProbability };
    });
  }

  #embed(token: number, target: Float32Array, offset: number): void {
    const row = this.#embedding.read(token);
    for (let index = 0; index < row.length; index++) {
      target[offset + index] = row[index]! * this.#embeddingScale;
    }
  }
}

function floatsOf(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}

function notFinite(): AppError {
  return new AppError(
    'checkpoint.not_finite',
    'The model computed no number. Its weights are damaged: download the checkpoint again and compare checksums.',
  );
}

function integers(values: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
}
