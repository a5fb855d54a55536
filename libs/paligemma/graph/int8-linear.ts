import { int, MICROSOFT_DOMAIN, type GraphBuilder, type Value } from '#onnx';

/** Largest number of inputs that share one scale. */
const MAX_GROUP = 2560;
const LARGEST = 127;
const ZERO_POINT = 128;

/** Rows of activations as bytes: one scale for each row and group of inputs. */
interface QuantisedRows {
  /** uint8 [rows, groups, inputs / groups], 128 for zero. */
  readonly numbers: Value;
  /** [rows, groups, 1]: what 127 steps stand for. */
  readonly largest: Value;
}

/** An int8 weight, in slices of rows that are neighbours in the file. */
export interface Int8Weight {
  readonly inputs: number;
  /** int8 [count, outputs], the rows from `first` on. */
  rows(first: number, count: number): Value;
  /** float32 [outputs] */
  readonly scale: Value;
}

/**
 * Linear layers with int8 weights: x is turned into bytes row by row, multiplied as integers, and turned back.
 *
 * The runtime's own DynamicQuantizeMatMul has one scale for all rows of x: a single large activation (`<bos>` has
 * them) then ruins every other token, and an answer depends on its batch mates. A scale for each row costs 2 to 6 %
 * and has neither fault: integer sums are exact, so the bits of a row do not depend on the batch at all.
 *
 * Rows of more than 2,560 numbers (what follows an activation function, where single channels are outliers) are cut
 * into groups with scales of their own, so that an outlier costs the precision of its group alone.
 * Activations are unsigned with zero point 128: signed ones take a path of the runtime that is 20 times slower.
 */
export class Int8Linear {
  readonly #quantised = new Map<Value, QuantisedRows>();
  readonly #step: Value;
  readonly #tiny: Value;
  readonly #zeroPoint: Value;

  constructor(private readonly graph: GraphBuilder) {
    this.#step = graph.scalar('int8.step', 1 / LARGEST);
    this.#tiny = graph.scalar('int8.tiny', 1e-12);
    this.#zeroPoint = graph.initializer('int8.zero', 'uint8', [], Uint8Array.of(ZERO_POINT));
  }

  /** x [rows, inputs] -> [rows, outputs] */
  apply(name: string, x: Value, weight: Int8Weight): Value {
    const groups = groupCount(weight.inputs);
    const size = weight.inputs / groups;
    const { numbers, largest } = this.#quantise(x, groups, size);
    const parts = this.#parts(`${name}.numbers`, numbers, groups);
    const scales = this.#parts(`${name}.largest`, largest, groups);
    const products = parts.map((part, group) => {
      const slice = weight.rows(group * size, size);
      const product = this.graph.node(
        `${name}.product.${group}`,
        'MatMulIntegerToFloat',
        [part, slice, this.#step, weight.scale, this.#zeroPoint],
        {},
        MICROSOFT_DOMAIN,
      );
      return this.graph.node(`${name}.scaled.${group}`, 'Mul', [product, scales[group]]);
    });
    return groups === 1 ? products[0]! : this.#sum(name, products);
  }

  /** Layers that read the same rows (query, key and value; gate and up) share this work. */
  #quantise(x: Value, groups: number, size: number): QuantisedRows {
    const known = this.#quantised.get(x);
    if (known) return known;
    const { graph } = this;
    const name = `${x.name}.int8`;
    const rows =
      groups === 1
        ? x
        : graph.node(`${name}.rows`, 'Reshape', [
            x,
            graph.integers(`${name}.shape`, [-1, groups, size]),
          ]);
    const sizes = graph.node(`${name}.sizes`, 'Abs', [rows]);
    const axis = graph.integers(`${name}.axis`, [-1]);
    // Not zero: a row of zeros would be divided by it.
    const largest = graph.node(`${name}.largest`, 'Max', [
      graph.node(`${name}.max`, 'ReduceMax', [sizes, axis]),
      this.#tiny,
    ]);
    const numbers = graph.node(name, 'QuantizeLinear', [
      graph.node(`${name}.normal`, 'Div', [rows, largest]),
      this.#step,
      this.#zeroPoint,
    ]);
    const quantised = { numbers, largest };
    this.#quantised.set(x, quantised);
    return quantised;
  }

  #parts(name: string, x: Value, groups: number): readonly Value[] {
    if (groups === 1) return [x];
    const attributes = { axis: int(1), num_outputs: int(groups) };
    return this.graph.nodes(name, 'Split', groups, [x], attributes);
  }

  #sum(name: string, products: readonly Value[]): Value {
    const sum = this.graph.node(`${name}.sum`, 'Sum', products);
    const axis = this.graph.integers(`${name}.group_axis`, [1]);
    return this.graph.node(`${name}.rows`, 'Squeeze', [sum, axis]);
  }
}

/** Groups of equal size, as few as keep it below the limit. */
function groupCount(inputs: number): number {
  let groups = Math.ceil(inputs / MAX_GROUP);
  while (inputs % groups !== 0) groups++;
  return groups;
}
