import { float, int, type GraphBuilder, type Value } from '#onnx';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { EMBEDDING, HEAD } from '../../checkpoint/expected-tensors.js';
import { getTensor } from '../../checkpoint/match-tensors.js';
import { Weights } from '../../graph/weights.js';
import type { LoraTuning } from '../recipe.js';
import { DROPOUT_SEED, dropped } from './dropout.js';
import { loraName, type LearnedTensor } from './learned-tensors.js';

/**
 * The layers of a training graph. What learns is an input of the graph, fed anew at each step; what is frozen lies in
 * its file, as in the engine's graphs. All of it is computed in float32.
 */
export class TrainingWeights {
  readonly #learned: ReadonlyMap<string, Value>;
  readonly #frozen: Weights;
  /** Frozen tensors that are in the graph: a tied head reads the embedding a second time. */
  readonly #read = new Map<string, Value>();
  #seed: Value | undefined;

  constructor(
    private readonly graph: GraphBuilder,
    private readonly checkpoint: Checkpoint,
    learned: readonly LearnedTensor[],
    private readonly lora?: LoraTuning,
    /** Rows of a linear layer's input: dropout draws for each. */
    private readonly rowsOf: (linear: string) => number = () => 0,
  ) {
    this.#learned = new Map(
      learned.map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]),
    );
    this.#frozen = new Weights(graph, checkpoint);
  }

  /** The inputs that the loss is differentiated by, by name. */
  get learned(): ReadonlyMap<string, Value> {
    return this.#learned;
  }

  /** A tensor as it is stored. */
  tensor(name: string): Value {
    const known = this.#learned.get(name) ?? this.#read.get(name);
    if (known) return known;
    const { shape } = getTensor(this.checkpoint.tensors, name);
    const value = shape.length === 1 ? this.#frozen.vector(name) : this.#frozen.matrix(name);
    this.#read.set(name, value);
    return value;
  }

  /** [rows, hidden]: the embedding, or the head where a checkpoint has one of its own. */
  get head(): Value {
    return this.tensor(this.checkpoint.tensors.has(HEAD) ? HEAD : EMBEDDING);
  }

  /** x [rows, inputs] -> [rows, outputs] */
  linear(name: string, x: Value, { bias }: { bias: boolean }): Value {
    const inputs = [x, this.tensor(`${name}.weight`)];
    if (bias) inputs.push(this.tensor(`${name}.bias`));
    const a = this.#learned.get(loraName(name, 'A'));
    const base = this.graph.node(a ? `${name}.base` : name, 'Gemm', inputs, { transB: int(1) });
    return a ? this.#withPair(name, x, base, a) : base;
  }

  /** PEFT's layer: base + alpha / rank * (dropped x) A^T B^T. */
  #withPair(name: string, x: Value, base: Value, a: Value): Value {
    const { graph } = this;
    const { rank, alpha } = this.lora!;
    const kept = this.#dropped(name, x);
    const narrow = graph.node(`${name}.lora_A`, 'Gemm', [kept, a], { transB: int(1) });
    const b = this.#learned.get(loraName(name, 'B'))!;
    const wide = graph.node(`${name}.lora_B`, 'Gemm', [narrow, b], { transB: int(1) });
    const factor = graph.scalar(`${name}.lora_scale`, alpha / rank);
    const pair = graph.node(`${name}.lora`, 'Mul', [wide, factor]);
    return graph.node(name, 'Add', [base, pair]);
  }

  #dropped(name: string, x: Value): Value {
    const { dropout } = this.lora!;
    if (dropout === 0) return x;
    this.#seed ??= this.graph.input(DROPOUT_SEED, 'float32', []);
    const [, inputs] = getTensor(this.checkpoint.tensors, `${name}.weight`).shape;
    const sizes = [this.rowsOf(name), inputs!] as const;
    return dropped(this.graph, `${name}.lora_dropout`, x, sizes, dropout, this.#seed);
  }

  rmsNorm(name: string, x: Value, epsilon: number): Value {
    const one = this.graph.scalar(`${name}.one`, 1);
    const scale = this.graph.node(`${name}.scale`, 'Add', [this.tensor(`${name}.weight`), one]);
    const attributes = { axis: int(-1), epsilon: float(epsilon) };
    return this.graph.node(name, 'RMSNormalization', [x, scale], attributes);
  }

  layerNorm(name: string, x: Value, epsilon: number): Value {
    const inputs = [x, this.tensor(`${name}.weight`), this.tensor(`${name}.bias`)];
    const attributes = { axis: int(-1), epsilon: float(epsilon) };
    return this.graph.node(name, 'LayerNormalization', inputs, attributes);
  }
}
