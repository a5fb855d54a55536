import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { EMBEDDING, HEAD } from '../checkpoint/expected-tensors.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import { RowReader } from '../checkpoint/tensor-reader.js';
import { GraphSession } from '../graph/graph-session.js';
import { codeHeadGraph, headPorts } from '../graph/head-graph.js';
import { gatherRows, notFinite } from './state-rows.js';
import type { Choice } from './model-runner.js';

/** A row of states, and the ids it may choose from. */
export interface AllowedRow {
  readonly row: number;
  readonly allowed: readonly number[];
}

/** Rows of the table that are kept for label tokens: 8 MB for the 3B model. */
const KEPT_ROWS = 1024;

/**
 * The head of constrained rows: the most likely of a few tokens, without the product with 257,000 others. Locations
 * and mask codes have a graph of their own; labels and the eos are few, so their rows are read from the file when
 * they are asked for and multiplied here, in the order of the row: no mate can change a bit.
 *
 * Rows are those of the float table, in a quantised folder those of the embedding: more exact than its int8 copy.
 */
export class CodeHead {
  readonly #place: ReadonlyMap<number, number>;
  readonly #kept = new Map<number, Float32Array>();

  private constructor(
    private readonly text: Checkpoint['config']['text'],
    private readonly table: RowReader,
    private readonly session: GraphSession | undefined,
    codeTokens: readonly number[],
  ) {
    this.#place = new Map(codeTokens.map((token, index) => [token, index]));
  }

  static async open(
    checkpoint: Checkpoint,
    codeTokens: readonly number[],
    threads: number | undefined,
  ): Promise<CodeHead> {
    const table = new RowReader(getTensor(checkpoint.tensors, tableName(checkpoint)));
    const { text } = checkpoint.config;
    try {
      if (codeTokens.length === 0) return new CodeHead(text, table, undefined, []);
      const rows = new Float32Array(codeTokens.length * text.hiddenSize);
      codeTokens.forEach((token, index) => rows.set(table.read(token), index * text.hiddenSize));
      const graph = codeHeadGraph(rows, text.hiddenSize);
      const session = await GraphSession.open(graph, {
        weightFolder: checkpoint.weightFolder,
        threads,
      });
      return new CodeHead(text, table, session, codeTokens);
    } catch (error) {
      table.close();
      throw error;
    }
  }

  /** Errors: `checkpoint.not_finite`. */
  async choose(
    states: Float32Array,
    rows: readonly AllowedRow[],
    choices: Map<number, Choice>,
  ): Promise<void> {
    const coded = rows.filter(
      ({ allowed }) => allowed.length > 1 && allowed.some((token) => this.#place.has(token)),
    );
    const products = await this.#codeProducts(states, coded);
    for (const { row, allowed } of rows) {
      const state = states.subarray(row * this.text.hiddenSize, (row + 1) * this.text.hiddenSize);
      const ofCode = products.get(row);
      const logits = allowed.map((token) => {
        const place = this.#place.get(token);
        const known = place === undefined ? undefined : ofCode?.[place];
        return this.#softcap(known ?? dot(state, this.#row(token)));
      });
      choices.set(row, bestOf(allowed, logits));
    }
  }

  async close(): Promise<void> {
    await this.session?.release();
    this.table.close();
  }

  /** Row -> products with all code tokens. */
  async #codeProducts(
    states: Float32Array,
    rows: readonly AllowedRow[],
  ): Promise<ReadonlyMap<number, Float32Array>> {
    if (rows.length === 0 || !this.session) return new Map();
    const { hiddenSize } = this.text;
    const gathered = gatherRows(states, rows, hiddenSize);
    const feeds = {
      [headPorts.states]: new Tensor('float32', gathered, [rows.length, hiddenSize]),
    };
    const { logits } = await this.session.run(feeds, [headPorts.logits]);
    const all = logits.data as Float32Array;
    const width = this.#place.size;
    return new Map(rows.map(({ row }, n) => [row, all.subarray(n * width, (n + 1) * width)]));
  }

  #row(token: number): Float32Array {
    const kept = this.#kept.get(token);
    if (kept) return kept;
    const read = this.table.read(token);
    if (this.#kept.size >= KEPT_ROWS) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(token, read);
    return read;
  }

  #softcap(logit: number): number {
    const cap = this.text.finalSoftcap;
    return cap === undefined ? logit : cap * Math.tanh(logit / cap);
  }
}

/** The largest, the lowest id among equals, and its logarithm over those that are allowed. */
function bestOf(allowed: readonly number[], logits: readonly number[]): Choice {
  let best = 0;
  for (let index = 1; index < allowed.length; index++) {
    const [own, most] = [logits[index]!, logits[best]!];
    if (own > most || (own === most && allowed[index]! < allowed[best]!)) best = index;
  }
  const odds = logits.reduce((sum, logit) => sum + Math.exp(logit - logits[best]!), 0);
  const logProbability = -Math.log(odds);
  if (!Number.isFinite(logProbability)) throw notFinite();
  return { token: allowed[best]!, logProbability };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

function tableName({ tensors }: Checkpoint): string {
  const type = tensors.get(HEAD)?.type;
  return type === undefined || type === 'int8' || type === 'uint8' ? EMBEDDING : HEAD;
}
