import { Tensor } from 'onnxruntime-node';
import { AppError } from '#contracts';
import type { Graph } from '#onnx';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { imagePatches } from '../../generation/image-patches.js';
import type {
  Choice,
  ImageFeatures,
  ModelRunner,
  PrefillRequest,
} from '../../generation/model-runner.js';
import { decoderGraph } from '../../graph/decoder-graph.js';
import { webgpuDialect } from '../../graph/dialect.js';
import { GraphSession } from '../../graph/graph-session.js';
import { headGraph, headPorts } from '../../graph/head-graph.js';
import { visionGraph } from '../../graph/vision-graph.js';
import { TextEmbedding } from '../text-embedding.js';
import { requireAdapter } from './adapter.js';
import { DeviceDecoder } from './device-decoder.js';
import { selfTest } from './self-test.js';

export interface WebGpuRunnerOptions {
  readonly slots: number;
  /** Most tokens of one sequence: prefix and answer. */
  readonly maxTokens: number;
  /** Only ids below this can be chosen. */
  readonly vocabularySize: number;
}

interface Parts {
  readonly vision: GraphSession;
  readonly head: GraphSession;
  readonly decoder: DeviceDecoder;
}

/**
 * Runs PaliGemma on a GPU through WebGPU: weights, keys and values stay there; embeddings and final states, a few
 * kilobytes a step, cross over. Only one thread of a process may use WebGPU: the runtime aborts otherwise.
 */
export class WebGpuModelRunner implements ModelRunner {
  readonly slots: number;
  readonly #embedding: TextEmbedding;

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly parts: Parts,
    options: WebGpuRunnerOptions,
  ) {
    this.slots = options.slots;
    this.#embedding = new TextEmbedding(checkpoint);
  }

  /**
   * Tests the device before it loads anything. Errors: `provider.unavailable`, `provider.self_test_failed`, and those
   * of the runtime, for instance when the device's memory does not suffice; nothing stays loaded then.
   */
  static async open(
    checkpoint: Checkpoint,
    options: WebGpuRunnerOptions,
  ): Promise<WebGpuModelRunner> {
    await requireAdapter();
    await selfTest();
    const { weightFolder } = checkpoint;
    const opened: { release(): Promise<void> }[] = [];
    const open = async (graph: Graph): Promise<GraphSession> => {
      const session = await GraphSession.open(graph, { weightFolder, provider: 'webgpu' });
      opened.push(session);
      return session;
    };
    try {
      const vision = await open(visionGraph(checkpoint, webgpuDialect));
      const head = await open(headGraph(checkpoint, options.vocabularySize));
      const decoder = await DeviceDecoder.open({
        text: checkpoint.config.text,
        graph: decoderGraph(checkpoint, options.maxTokens, webgpuDialect),
        weightFolder,
        ...options,
      });
      return new WebGpuModelRunner(checkpoint, { vision, head, decoder }, options);
    } catch (error) {
      for (const session of opened) await session.release();
      throw error;
    }
  }

  get memory(): DeviceDecoder['cache']['bytes'] {
    return this.parts.decoder.cache.bytes;
  }

  async encode(pixels: Uint8Array): Promise<ImageFeatures> {
    const { vision, text, imageTokens } = this.checkpoint.config;
    const patches = imagePatches(pixels, vision.imageSize, vision.patchSize);
    const shape = [imageTokens, patches.length / imageTokens];
    const { features } = await this.parts.vision.run(
      { patches: new Tensor('float32', patches, shape) },
      ['features'],
    );
    return { data: features.data as Float32Array, tokens: imageTokens, width: text.hiddenSize };
  }

  async prefill({ slot, image, prefix, maxTokens }: PrefillRequest): Promise<Choice> {
    const embeddings = this.#embedding.prefix(image, prefix);
    const last = await this.parts.decoder.prefill(slot, embeddings, maxTokens);
    const [choice] = await this.#choose(last, [0]);
    return choice!;
  }

  async decode(newest: ReadonlyMap<number, number>): Promise<ReadonlyMap<number, Choice>> {
    const { hiddenSize } = this.checkpoint.config.text;
    const embeddings = new Float32Array(this.slots * hiddenSize);
    for (const [slot, token] of newest) this.#embedding.read(token, embeddings, slot * hiddenSize);
    const stepped = [...newest.keys()];
    const last = await this.parts.decoder.decode(stepped, embeddings);
    const choices = await this.#choose(last, stepped);
    return new Map(stepped.map((slot, index) => [slot, choices[index]!]));
  }

  free(slot: number): void {
    this.parts.decoder.cache.free(slot);
  }

  /** Logits of the last `count` tokens of a prefix, [count, vocabulary]: for comparison with other engines. */
  async logits(
    image: ImageFeatures,
    prefix: readonly number[],
    count: number,
  ): Promise<Float32Array> {
    const { hiddenSize } = this.checkpoint.config.text;
    const embeddings = this.#embedding.prefix(image, prefix);
    const states = await this.parts.decoder.prefill(0, embeddings, prefix.length, count);
    this.free(0);
    const { logits } = await this.parts.head.run(
      { [headPorts.states]: new Tensor('float32', states, [count, hiddenSize]) },
      [headPorts.logits],
    );
    return logits.data as Float32Array;
  }

  async close(): Promise<void> {
    const { vision, head, decoder } = this.parts;
    await vision.release();
    await head.release();
    await decoder.close();
    this.#embedding.close();
  }

  /** The choice of some rows of states [rows, hidden]. */
  async #choose(states: Float32Array, rows: readonly number[]): Promise<Choice[]> {
    const { hiddenSize } = this.checkpoint.config.text;
    const shape = [states.length / hiddenSize, hiddenSize];
    const outputs = await this.parts.head.run(
      { [headPorts.states]: new Tensor('float32', states, shape) },
      [headPorts.token, headPorts.inverseProbability],
    );
    const tokens = outputs[headPorts.token].data as BigInt64Array;
    const inverseProbabilities = outputs[headPorts.inverseProbability].data as Float32Array;
    return rows.map((row) => {
      const logProbability = -Math.log(inverseProbabilities[row]!);
      if (!Number.isFinite(logProbability)) {
        throw new AppError('checkpoint.not_finite', 'The model computed no number.');
      }
      return { token: Number(tokens[row]), logProbability };
    });
  }
}
