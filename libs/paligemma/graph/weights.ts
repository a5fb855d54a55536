import { relative } from 'node:path';
import { float, int, MICROSOFT_DOMAIN, tensorBytes, type GraphBuilder, type Value } from '#onnx';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import {
  EMBEDDING,
  expectedTensors,
  HEAD,
  type ExpectedTensors,
} from '../checkpoint/expected-tensors.js';
import { getTensor } from '../checkpoint/match-tensors.js';
import type { StoredTensor } from '../checkpoint/safetensors-file.js';
import { readFloats } from '../checkpoint/tensor-reader.js';
import { cpuDialect, type Dialect } from './dialect.js';
import { INT4_BLOCK } from '../engine-folder/stored-forms.js';
import { Int8Linear } from './int8-linear.js';

/** ONNX TensorProto.DataType */
const FLOAT = 1;
const FLOAT16 = 10;

/** Puts the weights of a checkpoint into a graph, in the form in which they are stored, and the layers made of them. */
export class Weights {
  #int8: Int8Linear | undefined;
  readonly #halves = new Map<Value, Value>();
  #shapes: ExpectedTensors | undefined;

  constructor(
    private readonly graph: GraphBuilder,
    private readonly checkpoint: Checkpoint,
    private readonly dialect: Dialect = cpuDialect,
  ) {}

  /**
   * A large tensor, which stays in its safetensors file: the runtime maps it. Half formats are widened by a
   * Cast that the runtime folds away at load; CPU kernels have no bfloat16.
   * `shape` may regroup the sizes, or take the first rows only.
   */
  matrix(name: string, shape?: readonly number[]): Value {
    const tensor = this.#stored(name);
    const taken = shape ?? tensor.shape;
    if (tensor.type === 'float32') return this.#inFile(name, tensor, taken);
    const stored = this.#inFile(`${name}/stored`, tensor, taken);
    return this.graph.constantNode(name, 'Cast', [stored], { to: int(FLOAT) });
  }

  /** Ids below `tokens`, int64 [rows] -> their rows of the embedding [rows, hidden], not scaled. */
  embedded(ids: Value, tokens: number): Value {
    const tensor = this.#stored(EMBEDDING);
    const isWide = tensor.type === 'float32';
    // The head's name for it, which may be the same table.
    const name = isWide ? EMBEDDING : `${EMBEDDING}/stored`;
    const table = this.#inFile(name, tensor, [tokens, tensor.shape[1]!]);
    const rows = this.graph.node('embedded.rows', 'Gather', [table, ids], { axis: int(0) });
    return isWide ? rows : this.graph.node('embedded', 'Cast', [rows], { to: int(FLOAT) });
  }

  /** The part of a stored tensor that begins at a row, with this shape. */
  #inFile(name: string, tensor: StoredTensor, shape: readonly number[], firstRow = 0): Value {
    const { path, type, offset } = tensor;
    return this.graph.initializer(name, type, shape, {
      location: relative(this.checkpoint.weightFolder, path),
      offset: offset + firstRow * tensorBytes(type, tensor.shape.slice(1)),
      length: tensorBytes(type, shape),
    });
  }

  #expected(): ExpectedTensors {
    this.#shapes ??= expectedTensors(this.checkpoint.config);
    return this.#shapes;
  }

  #stored(name: string): StoredTensor {
    return getTensor(this.checkpoint.tensors, name);
  }

  /** A small tensor, copied into the model. */
  vector(name: string): Value {
    return this.graph.floats(name, readFloats(this.#stored(name)));
  }

  /** x [rows, inputs] -> [rows, outputs] */
  linear(name: string, x: Value, options: { bias: boolean }): Value {
    const { type } = this.#stored(`${name}.weight`);
    if (type !== 'int8' && type !== 'uint8') return this.#floatLinear(name, x, options);
    const product = type === 'int8' ? this.#int8Linear(name, x) : this.#int4Linear(name, x);
    if (!options.bias) return product;
    return this.graph.node(name, 'Add', [product, this.vector(`${name}.bias`)]);
  }

  /**
   * States [rows, hidden] -> logits [rows, tokens]: the first rows of the head, or of the embedding when it is tied.
   * A quantised head was cut to its tokens at import.
   */
  head(x: Value, tokens: number): Value {
    const { tensors, config } = this.checkpoint;
    const name = tensors.has(HEAD) ? HEAD : EMBEDDING;
    if (this.#stored(name).type === 'int8') return this.linear('head', x, { bias: false });
    const shape = [tokens, config.text.hiddenSize];
    if (this.#isHalf(name)) return this.#halfProduct('product', x, name, shape);
    const table = this.matrix(name, shape);
    return this.graph.node('product', 'Gemm', [x, table], { transB: int(1) });
  }

  /** torch stores the weight as [outputs, inputs]. */
  #floatLinear(name: string, x: Value, options: { bias: boolean }): Value {
    if (this.#isHalf(`${name}.weight`)) {
      const product = this.#halfProduct(`${name}.product`, x, `${name}.weight`);
      return options.bias
        ? this.graph.node(name, 'Add', [product, this.vector(`${name}.bias`)])
        : product;
    }
    const inputs = [x, this.matrix(`${name}.weight`)];
    if (options.bias) inputs.push(this.vector(`${name}.bias`));
    return this.graph.node(name, 'Gemm', inputs, { transB: int(1) });
  }

  /** A checkpoint of float16 that nobody imported is the reference: computed in float32. */
  #isHalf(name: string): boolean {
    const isWanted = this.dialect.hasHalfProducts && this.checkpoint.precision === 'f16';
    return isWanted && this.#stored(name).type === 'float16';
  }

  /** x to float16, once for all layers that read it, and the product back to float32. */
  #halfProduct(name: string, x: Value, weight: string, shape?: readonly number[]): Value {
    const { graph } = this;
    const half =
      this.#halves.get(x) ?? graph.node(`${x.name}.half`, 'Cast', [x], { to: int(FLOAT16) });
    this.#halves.set(x, half);
    const tensor = this.#stored(weight);
    const table = this.#inFile(`${weight}/stored`, tensor, shape ?? tensor.shape);
    const product = graph.node(`${name}.half`, 'Gemm', [half, table], { transB: int(1) });
    return graph.node(name, 'Cast', [product], { to: int(FLOAT) });
  }

  /** Stored as [inputs, outputs], so that groups of inputs are neighbours in the file. */
  #int8Linear(name: string, x: Value): Value {
    const stored = this.#stored(`${name}.weight`);
    const [inputs, outputs] = stored.shape as [number, number];
    if (this.dialect.int8 === 'dequantised-weight') return this.#dequantisedLinear(name, x, stored);
    this.#int8 ??= new Int8Linear(this.graph);
    return this.#int8.apply(name, x, {
      inputs,
      scale: this.vector(`${name}.scale`),
      rows: (first, count) =>
        this.#inFile(`${name}.weight.${first}`, stored, [count, outputs], first),
    });
  }

  /** The weight stays int8 in memory and is widened for each product; activations stay float32. */
  #dequantisedLinear(name: string, x: Value, stored: StoredTensor): Value {
    const scale = this.vector(`${name}.scale`);
    const inputs = [this.#inFile(`${name}.weight`, stored, stored.shape), scale];
    const weight = this.graph.node(`${name}.widened`, 'DequantizeLinear', inputs, { axis: int(1) });
    return this.graph.node(`${name}.product`, 'MatMul', [x, weight]);
  }

  /** Blocks of 32 inputs with a scale each. */
  #int4Linear(name: string, x: Value): Value {
    const stored = this.#stored(`${name}.weight`);
    const scale = this.#stored(`${name}.scale`);
    const [outputs, blocks] = stored.shape as [number, number, number];
    const inputs = [
      x,
      this.#inFile(`${name}.weight`, stored, stored.shape),
      this.#inFile(`${name}.scale`, scale, [outputs * blocks]),
    ];
    const [, width] = this.#expected().get(`${name}.weight`)!;
    const attributes = {
      K: int(width as number),
      N: int(outputs),
      bits: int(4),
      block_size: int(INT4_BLOCK),
      accuracy_level: int(this.dialect.int4AccuracyLevel),
    };
    return this.graph.node(`${name}.product`, 'MatMulNBits', inputs, attributes, MICROSOFT_DOMAIN);
  }

  layerNorm(name: string, x: Value, epsilon: number): Value {
    const inputs = [x, this.vector(`${name}.weight`), this.vector(`${name}.bias`)];
    const attributes = { axis: int(-1), epsilon: float(epsilon) };
    return this.graph.node(name, 'LayerNormalization', inputs, attributes);
  }

  /** Gemma multiplies by 1 + w. The sum is made here in float32: in bfloat16 it would lose bits of w. */
  rmsNorm(name: string, x: Value, epsilon: number): Value {
    const weight = readFloats(this.#stored(`${name}.weight`));
    const scale = this.graph.floats(
      `${name}.scale`,
      weight.map((value) => 1 + value),
    );
    const attributes = { axis: int(-1), epsilon: float(epsilon) };
    return this.graph.node(name, 'RMSNormalization', [x, scale], attributes);
  }
}
