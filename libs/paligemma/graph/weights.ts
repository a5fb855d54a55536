import { float, int, type GraphBuilder, type Value } from '#onnx';
import { relative } from 'node:path';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';

/** ONNX TensorProto.DataType.FLOAT */
const FLOAT = 1;

/** Puts the weights of a checkpoint into a graph, as float32, and the layers made of them. */
export class Weights {
  constructor(
    private readonly graph: GraphBuilder,
    private readonly checkpoint: Checkpoint,
  ) {}

  /**
   * A large tensor, which stays in its safetensors file: the runtime maps it. Half formats are widened by a
   * Cast that the runtime folds away at load; CPU kernels have no bfloat16.
   * `shape` may regroup the sizes, or take the first rows only.
   */
  matrix(name: string, shape?: readonly number[]): Value {
    const { weightFolder, tensors } = this.checkpoint;
    const tensor = getTensor(tensors, name);
    const taken = shape ?? tensor.shape;
    const elements = tensor.shape.reduce((product, size) => product * size, 1);
    const share = taken.reduce((product, size) => product * size, 1) / elements;
    const data = {
      location: relative(weightFolder, tensor.path),
      offset: tensor.offset,
      length: tensor.bytes * share,
    };
    if (tensor.type === 'float32') return this.graph.initializer(name, 'float32', taken, data);
    const stored = this.graph.initializer(`${name}/stored`, tensor.type, taken, data);
    return this.graph.node(name, 'Cast', [stored], { to: int(FLOAT) });
  }

  /** A small tensor, copied into the model. */
  vector(name: string): Value {
    return this.graph.floats(name, readFloats(getTensor(this.checkpoint.tensors, name)));
  }

  /** x [rows, inputs] -> [rows, outputs]; torch stores the weight as [outputs, inputs]. */
  linear(name: string, x: Value, options: { bias: boolean }): Value {
    const inputs = [x, this.matrix(`${name}.weight`)];
    if (options.bias) inputs.push(this.vector(`${name}.bias`));
    return this.graph.node(name, 'Gemm', inputs, { transB: int(1) });
  }

  layerNorm(name: string, x: Value, epsilon: number): Value {
    const inputs = [x, this.vector(`${name}.weight`), this.vector(`${name}.bias`)];
    const attributes = { axis: int(-1), epsilon: float(epsilon) };
    return this.graph.node(name, 'LayerNormalization', inputs, attributes);
  }

  /** Gemma multiplies by 1 + w. The sum is made here in float32: in bfloat16 it would lose bits of w. */
  rmsNorm(name: string, x: Value, epsilon: number): Value {
    const weight = readFloats(getTensor(this.checkpoint.tensors, `${name}.weight`));
    const scale = this.graph.floats(
      `${name}.scale`,
      weight.map((value) => 1 + value),
    );
    const attributes = { axis: int(-1), epsilon: float(epsilon) };
    return this.graph.node(name, 'RMSNormalization', [x, scale], attributes);
  }
}
