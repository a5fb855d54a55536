import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { cpuDialect, type Dialect } from '../graph/dialect.js';
import { GraphSession } from '../graph/graph-session.js';
import { headGraph, headPorts } from '../graph/head-graph.js';
import { CodeHead } from './code-head.js';
import type { Choice, Selection } from './model-runner.js';
import { sampleToken } from './sample-token.js';
import { gatherRows, notFinite } from './state-rows.js';

export interface HeadOptions {
  /** Only ids below this can be chosen. */
  readonly vocabularySize: number;
  /** `<loc>` and `<seg>` ids: what constrained rows choose from most of the time. Default none. */
  readonly codeTokens?: readonly number[];
  /** Threads of one operator on the CPU. */
  readonly threads?: number;
  /** Where the whole head runs; the small one is always on the CPU. Default cpu. */
  readonly dialect?: Dialect;
  /** Least rows of one product, for kernels of a GPU: they round by the number of rows. Default 1. */
  readonly leastRows?: number;
}

/** A row of states, and how its token is chosen. */
export interface HeadRow {
  /** Index into the states. */
  readonly row: number;
  readonly selection: Selection;
}

/**
 * Final states to the next tokens, the same for runners of every provider. Rows are grouped by how they choose:
 * greedy and sampling rows share one product with the whole table (the logits, a megabyte a row, are copied out only
 * when some row samples); constrained rows pay for the tokens that they are allowed alone.
 */
export class Head {
  private constructor(
    private readonly hiddenSize: number,
    private readonly whole: GraphSession,
    private readonly codes: CodeHead,
    private readonly leastRows: number,
  ) {}

  /** Errors: those of the runtime; nothing stays loaded then. */
  static async open(checkpoint: Checkpoint, options: HeadOptions): Promise<Head> {
    const { vocabularySize, threads, dialect = cpuDialect } = options;
    const { weightFolder } = checkpoint;
    const graph = headGraph(checkpoint, vocabularySize, dialect);
    const { provider } = dialect;
    const whole = await GraphSession.open(graph, { weightFolder, threads, provider });
    try {
      const codes = await CodeHead.open(checkpoint, options.codeTokens ?? [], threads);
      return new Head(checkpoint.config.text.hiddenSize, whole, codes, options.leastRows ?? 1);
    } catch (error) {
      await whole.release();
      throw error;
    }
  }

  /**
   * States [any, hidden] and the rows that count -> one choice for each, in their order.
   * Errors: `checkpoint.not_finite`.
   */
  async choose(states: Float32Array, rows: readonly HeadRow[]): Promise<Choice[]> {
    const choices = new Map<number, Choice>();
    const open = rows.filter(({ selection }) => selection.kind !== 'constrained');
    if (open.length > 0) await this.#chooseOpen(states, open, choices);
    const constrained = rows.flatMap(({ row, selection }) =>
      selection.kind === 'constrained' ? [{ row, allowed: selection.allowed }] : [],
    );
    if (constrained.length > 0) await this.codes.choose(states, constrained, choices);
    return rows.map(({ row }) => choices.get(row)!);
  }

  /** States [rows, hidden] -> [rows, vocabulary]. */
  async logits(states: Float32Array): Promise<Float32Array> {
    const feeds = this.#feeds(states);
    const { logits } = await this.whole.run(feeds, [headPorts.logits]);
    return logits.data as Float32Array;
  }

  async close(): Promise<void> {
    await this.whole.release();
    await this.codes.close();
  }

  async #chooseOpen(
    states: Float32Array,
    rows: readonly HeadRow[],
    choices: Map<number, Choice>,
  ): Promise<void> {
    const samples = rows.some(({ selection }) => selection.kind === 'sample');
    const wanted = [headPorts.token, headPorts.inverseProbability] as const;
    const outputs = await this.whole.run(
      this.#feeds(gatherRows(states, rows, this.hiddenSize, this.leastRows)),
      samples ? [...wanted, headPorts.logits] : [...wanted],
    );
    const tokens = outputs[headPorts.token].data as BigInt64Array;
    const inverse = outputs[headPorts.inverseProbability].data as Float32Array;
    rows.forEach(({ row, selection }, index) => {
      // Looked at before anything is cached: a NaN in the cache would reach whoever has the slot next.
      const best = { token: Number(tokens[index]), logProbability: -Math.log(inverse[index]!) };
      if (!Number.isFinite(best.logProbability)) throw notFinite();
      if (selection.kind !== 'sample') return void choices.set(row, best);
      const logits = outputs[headPorts.logits].data as Float32Array;
      const width = logits.length / Math.max(rows.length, this.leastRows);
      const own = logits.subarray(index * width, (index + 1) * width);
      choices.set(row, sampleToken(own, selection));
    });
  }

  #feeds(states: Float32Array): Record<string, Tensor> {
    const shape = [states.length / this.hiddenSize, this.hiddenSize];
    return { [headPorts.states]: new Tensor('float32', states, shape) };
  }
}
