import type { Graph } from '#onnx';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { Head, type HeadOptions } from '../../generation/head.js';
import { encodeImage } from '../../generation/encode-image.js';
import type {
  Choice,
  ImageFeatures,
  ModelRunner,
  PrefillRequest,
  Step,
} from '../../generation/model-runner.js';
import { decoderGraph } from '../../graph/decoder-graph.js';
import { webgpuDialect } from '../../graph/dialect.js';
import { GraphSession } from '../../graph/graph-session.js';
import { visionGraph } from '../../graph/vision-graph.js';
import { TextEmbedding } from '../text-embedding.js';
import { requireAdapter } from './adapter.js';
import { DeviceDecoder } from './device-decoder.js';
import { selfTest } from './self-test.js';

export interface WebGpuRunnerOptions extends Omit<HeadOptions, 'dialect'> {
  readonly slots: number;
  /** Most tokens of one sequence: prefix and answer. */
  readonly maxTokens: number;
}

interface Parts {
  readonly vision: GraphSession;
  readonly head: Head;
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
      const head = await Head.open(checkpoint, {
        ...options,
        dialect: webgpuDialect,
        leastRows: options.slots,
      });
      opened.push({ release: () => head.close() });
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

  encode(pixels: Uint8Array): Promise<ImageFeatures> {
    return encodeImage(this.parts.vision, this.checkpoint.config, pixels);
  }

  async prefill(request: PrefillRequest): Promise<Choice> {
    const { slot, image, prefix, maxTokens, selection } = request;
    const embeddings = this.#embedding.prefix(image, prefix);
    const last = await this.parts.decoder.prefill(slot, embeddings, maxTokens);
    const [choice] = await this.parts.head.choose(last, [{ row: 0, selection }]);
    return choice!;
  }

  async decode(steps: ReadonlyMap<number, Step>): Promise<ReadonlyMap<number, readonly Choice[]>> {
    const { hiddenSize } = this.checkpoint.config.text;
    const embeddings = new Float32Array(this.slots * hiddenSize);
    for (const [slot, { token }] of steps) {
      this.#embedding.read(token, embeddings, slot * hiddenSize);
    }
    const stepped = [...steps.keys()];
    const last = await this.parts.decoder.decode(stepped, embeddings);
    const rows = [...steps].map(([slot, { selection }]) => ({ row: slot, selection }));
    const choices = await this.parts.head.choose(last, rows);
    return new Map(stepped.map((slot, index) => [slot, [choices[index]!]]));
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
    const embeddings = this.#embedding.prefix(image, prefix);
    const states = await this.parts.decoder.prefill(0, embeddings, prefix.length, count);
    this.free(0);
    return this.parts.head.logits(states);
  }

  async close(): Promise<void> {
    const { vision, head, decoder } = this.parts;
    await vision.release();
    await head.close();
    await decoder.close();
    this.#embedding.close();
  }
}
