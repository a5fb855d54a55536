import { float, int, type GraphBuilder, type Value } from '#onnx';
import type { LayerWeights } from '../../graph/decoder-attention.js';

/** Numbers in -1 .. 1, the same for the same seed. */
export function randomFloats(count: number, seed: number): Float32Array {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A linear layer's weight, torch's way round. */
export interface Matrix {
  /** [outputs, inputs] */
  readonly numbers: Float32Array;
  readonly outputs: number;
  readonly inputs: number;
}

/** Weights of a small made-up model, in the graph and at hand for the reference. */
export class RandomWeights implements LayerWeights {
  readonly matrices = new Map<string, Matrix>();
  /** What a norm multiplies by. */
  readonly norms = new Map<string, Float32Array>();
  #seed = 1;

  constructor(
    private readonly graph: GraphBuilder,
    /** Of a linear layer, by the last part of its name. */
    private readonly sizes: Readonly<Record<string, readonly [outputs: number, inputs: number]>>,
    private readonly hiddenSize: number,
  ) {}

  linear(name: string, x: Value): Value {
    const [outputs, inputs] = this.sizes[name.split('.').at(-1)!]!;
    const range = Math.sqrt(3 / inputs);
    const numbers = randomFloats(outputs * inputs, this.#seed++).map((value) => value * range);
    this.matrices.set(name, { numbers, outputs, inputs });
    const weight = this.graph.floats(`${name}.weight`, numbers, [outputs, inputs]);
    return this.graph.node(name, 'Gemm', [x, weight], { transB: int(1) });
  }

  rmsNorm(name: string, x: Value, epsilon: number): Value {
    const scale = randomFloats(this.hiddenSize, this.#seed++).map((value) => 1 + value / 2);
    this.norms.set(name, scale);
    const attributes = { axis: int(-1), epsilon: float(epsilon) };
    const inputs = [x, this.graph.floats(`${name}.scale`, scale)];
    return this.graph.node(name, 'RMSNormalization', inputs, attributes);
  }
}
