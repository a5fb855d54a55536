import { Tensor } from 'onnxruntime-node';
import type { Graph } from '#onnx';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { CodeHead } from '../../generation/code-head.js';
import type { RunnerOptions } from '../../generation/cpu-model-runner.js';
import { encodeImage } from '../../generation/encode-image.js';
import { KeyValueCache } from '../../generation/key-value-cache.js';
import type {
  Choice,
  ImageFeatures,
  ModelRunner,
  PrefillRequest,
  Selection,
  Step,
} from '../../generation/model-runner.js';
import type { Dialect } from '../../graph/dialect.js';
import { generationLoopGraph, loopPorts } from '../../graph/generation-loop-graph.js';
import { GraphSession } from '../../graph/graph-session.js';
import { integers } from '../../graph/integer-tensor.js';
import { visionGraph } from '../../graph/vision-graph.js';
import { TextEmbedding } from '../text-embedding.js';
import { chooseFirst } from './choose-first.js';
import { pastFeeds } from './past-feeds.js';
import { readChosen } from './read-chosen.js';

export interface LoopRunnerOptions extends RunnerOptions {
  /** Most tokens of one run. Default 16. */
  readonly chunk?: number;
  /** Where it computes. */
  readonly dialect: Dialect;
}

interface Parts {
  readonly vision: GraphSession;
  /** Decoder, head and loop. */
  readonly text: GraphSession;
  readonly codes: CodeHead;
}

/** What the text graph reads. */
interface Reading {
  /** [rows, tokens, hidden] */
  readonly embeddings: Float32Array;
  readonly positions: readonly number[];
  readonly rows: number;
  readonly isPrefix: boolean;
  /** The tokens of a row whose states count, from its last one back. */
  readonly wanted: number;
  /** Tokens to choose, at most; and of each row. */
  readonly steps: number;
  readonly budget: readonly number[];
}

const DEFAULT_CHUNK = 16;
const GREEDY = [loopPorts.tokens, loopPorts.inverseProbabilities, loopPorts.keyValues] as const;

type Output = (typeof GREEDY)[number] | typeof loopPorts.states | typeof loopPorts.logits;

/**
 * Runs PaliGemma where every output of a graph goes back to the memory of the process, as with CUDA from Node: many
 * tokens are chosen in one run, by a loop inside the graph.
 *
 * Keys and values wait in the process between runs, in the CPU's cache. A run takes in those of all slots and gives
 * back those of the tokens it read. For the 3B model at 224 px, 8 slots of 384 tokens, that is 113 MB in and 5 MB
 * out for up to 16 tokens of each slot. Slots are refilled between runs. Only greedy rows can loop: while a row in
 * the batch samples or is constrained, a run chooses one token.
 */
export class LoopModelRunner implements ModelRunner {
  readonly slots: number;
  readonly #cache: KeyValueCache;
  readonly #embedding: TextEmbedding;
  readonly #chunk: number;
  readonly #maxTokens = new Map<number, number>();

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly parts: Parts,
    private readonly options: LoopRunnerOptions,
  ) {
    this.slots = options.slots;
    this.#chunk = options.chunk ?? DEFAULT_CHUNK;
    this.#cache = new KeyValueCache({ ...checkpoint.config.text, ...options });
    this.#embedding = new TextEmbedding(checkpoint);
  }

  /** Errors: those of the runtime, for instance when memory does not suffice; nothing stays loaded then. */
  static async open(checkpoint: Checkpoint, options: LoopRunnerOptions): Promise<LoopModelRunner> {
    const { dialect, threads, vocabularySize, chunk = DEFAULT_CHUNK, eosId = -1 } = options;
    const { weightFolder } = checkpoint;
    const opened: GraphSession[] = [];
    const open = async (graph: Graph): Promise<GraphSession> => {
      const { provider } = dialect;
      const session = await GraphSession.open(graph, { weightFolder, threads, provider });
      opened.push(session);
      return session;
    };
    try {
      const vision = await open(visionGraph(checkpoint, dialect));
      // A row that has ended goes on with its mates, past its last position.
      const maxPositions = options.maxTokens + chunk;
      const text = await open(
        generationLoopGraph(checkpoint, { maxPositions, vocabularySize, eosId, dialect }),
      );
      const codes = await CodeHead.open(checkpoint, options.codeTokens ?? [], threads);
      return new LoopModelRunner(checkpoint, { vision, text, codes }, options);
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
    this.#maxTokens.set(slot, maxTokens);
    const outputs = await this.#run(this.#prefix(image, prefix, 1), fetchesFor([selection]));
    const [choice] = await chooseFirst(this.parts.codes, outputs, [{ row: 0, selection }]);
    this.#append(slot, outputs, { rows: 1, row: 0, count: prefix.length });
    return choice!;
  }

  async decode(steps: ReadonlyMap<number, Step>): Promise<ReadonlyMap<number, readonly Choice[]>> {
    const selected = [...steps].map(([row, { selection }]) => ({ row, selection }));
    const selections = selected.map(({ selection }) => selection);
    const canLoop = selections.every(({ kind }) => kind === 'greedy');
    const reading = this.#newest(steps, canLoop ? this.#chunk : 1);
    const outputs = await this.#run(reading, fetchesFor(selections));
    const { rows, budget } = reading;
    const slots = [...steps.keys()];
    const chosen = canLoop
      ? slots.map((slot) => readChosen(outputs, slot, budget[slot]!, this.options.eosId))
      : (await chooseFirst(this.parts.codes, outputs, selected)).map((choice) => [choice]);
    slots.forEach((slot, index) =>
      this.#append(slot, outputs, { rows, row: slot, count: chosen[index]!.length }),
    );
    return new Map(slots.map((slot, index) => [slot, chosen[index]!]));
  }

  free(slot: number): void {
    this.#cache.free(slot);
    this.#maxTokens.delete(slot);
  }

  /** Logits of the last `count` tokens of a prefix, [count, vocabulary]: for comparison with other engines. */
  async logits(
    image: ImageFeatures,
    prefix: readonly number[],
    count: number,
  ): Promise<Float32Array> {
    const outputs = await this.#run(this.#prefix(image, prefix, count), [loopPorts.logits]);
    return outputs[loopPorts.logits].data as Float32Array;
  }

  async close(): Promise<void> {
    const { vision, text, codes } = this.parts;
    await Promise.all([vision.release(), text.release(), codes.close()]);
    this.#embedding.close();
  }

  #prefix(image: ImageFeatures, prefix: readonly number[], wanted: number): Reading {
    return {
      embeddings: this.#embedding.prefix(image, prefix),
      positions: prefix.map((_, index) => index),
      rows: 1,
      isPrefix: true,
      wanted,
      steps: 1,
      budget: [1],
    };
  }

  /** The newest token of each slot. Slots in between that are free are along, and want nothing. */
  #newest(steps: ReadonlyMap<number, Step>, chunk: number): Reading {
    const rows = Math.max(...steps.keys()) + 1;
    const { hiddenSize } = this.checkpoint.config.text;
    const embeddings = new Float32Array(rows * hiddenSize);
    const positions = Array.from({ length: rows }, () => 0);
    const budget = [...positions];
    for (const [slot, { token }] of steps) {
      const length = this.#cache.length(slot);
      this.#embedding.read(token, embeddings, slot * hiddenSize);
      positions[slot] = length;
      // The newest token has its place already.
      budget[slot] = Math.min(chunk, this.#maxTokens.get(slot)! - length - 1);
    }
    const longest = Math.max(...budget);
    return { embeddings, positions, rows, isPrefix: false, wanted: 1, steps: longest, budget };
  }

  #run<Name extends Output>(
    reading: Reading,
    fetches: readonly Name[],
  ): Promise<Readonly<Record<Name, Tensor>>> {
    const { embeddings, positions, rows, wanted, steps, budget } = reading;
    const { text } = this.checkpoint.config;
    const tokens = positions.length / rows;
    const feeds = {
      [loopPorts.embeddings]: new Tensor('float32', embeddings, [rows, tokens, text.hiddenSize]),
      [loopPorts.positions]: integers(positions, [rows, tokens]),
      [loopPorts.wanted]: integers(Array.from({ length: wanted }, (_, n) => tokens - wanted + n)),
      [loopPorts.moreSteps]: integers([steps - 1], []),
      [loopPorts.budget]: integers(budget),
      ...pastFeeds(text, this.#cache, { ...reading, tokens }),
    };
    return this.parts.text.run(feeds, fetches);
  }

  /** The first `count` tokens that a row has read. */
  #append(
    slot: number,
    outputs: Record<typeof loopPorts.keyValues, Tensor>,
    { rows, row, count }: { rows: number; row: number; count: number },
  ): void {
    const keyValues = outputs[loopPorts.keyValues].data as Float32Array;
    const { layers, keyValueHeads, headSize } = this.checkpoint.config.text;
    const size = 2 * layers * rows * keyValueHeads * headSize;
    for (let token = 0; token < count; token++) {
      const one = keyValues.subarray(token * size, (token + 1) * size);
      this.#cache.append(slot, one, rows, row);
    }
  }
}

/** Every output is copied, and the logits are a megabyte a row: only what these rows need. */
function fetchesFor(selections: readonly Selection[]): readonly Output[] {
  const isThere = (kind: Selection['kind']): boolean => selections.some((one) => one.kind === kind);
  return [
    ...GREEDY,
    ...(isThere('constrained') ? [loopPorts.states] : []),
    ...(isThere('sample') ? [loopPorts.logits] : []),
  ];
}
