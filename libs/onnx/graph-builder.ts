import type { Attributes } from './attribute.js';
import { tensorBytes, type ElementType } from './element-type.js';
import type {
  Dimension,
  ExternalData,
  Graph,
  GraphPort,
  Initializer,
  Node,
  Value,
} from './graph.js';

/** ONNX Runtime's own operators: docs/ContribOperators.md of microsoft/onnxruntime. */
export const MICROSOFT_DOMAIN = 'com.microsoft';

/** Opset 23 (ONNX 1.18) is the first with RMSNormalization. */
const OPSETS = { '': 23, [MICROSOFT_DOMAIN]: 1 };

type Inputs = readonly (Value | undefined)[];

/**
 * Builds a graph node by node. A value can be used only once it exists, so the nodes come out in a valid order.
 * Errors: `Error` on a repeated name, on bytes that do not fit the shape, on a value of another builder.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #opsets: Readonly<Record<string, number>>;
  readonly #inputs: GraphPort[] = [];
  readonly #outputs: GraphPort[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #nodes: Node[] = [];
  readonly #values = new Map<string, Value>();

  constructor(name: string, opsets: Readonly<Record<string, number>> = OPSETS) {
    this.#name = name;
    this.#opsets = opsets;
  }

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    const value = this.#define(name);
    this.#inputs.push({ value, type, shape });
    return value;
  }

  initializer(
    name: string,
    type: ElementType,
    shape: readonly number[],
    data: Uint8Array | ExternalData,
  ): Value {
    const expected = tensorBytes(type, shape);
    const actual = data instanceof Uint8Array ? data.byteLength : data.length;
    if (actual !== expected) {
      throw new Error(`${name}: ${type} [${shape}] takes ${expected} bytes, not ${actual}`);
    }
    const value = this.#define(name);
    this.#initializers.push({ value, type, shape, data });
    return value;
  }

  floats(name: string, values: Float32Array, shape: readonly number[] = [values.length]): Value {
    return this.initializer(name, 'float32', shape, bytesOf(values));
  }

  integers(name: string, values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.initializer(name, 'int64', [values.length], bytesOf(data));
  }

  /** A node with one output. `name` also names that output. */
  node(name: string, op: string, inputs: Inputs, attributes: Attributes = {}, domain = ''): Value {
    return this.nodes(name, op, 1, inputs, attributes, domain)[0]!;
  }

  /** A node with `outputCount` outputs, named `name`, `name:1`, `name:2` ... */
  nodes(
    name: string,
    op: string,
    outputCount: number,
    inputs: Inputs,
    attributes: Attributes = {},
    domain = '',
  ): Value[] {
    for (const value of inputs) if (value) this.#mustKnow(value);
    const outputs = Array.from({ length: outputCount }, (_, index) =>
      this.#define(index === 0 ? name : `${name}:${index}`),
    );
    this.#nodes.push({ name, op, domain, inputs, outputs, attributes });
    return outputs;
  }

  output(value: Value, type: ElementType, shape: readonly Dimension[]): void {
    this.#mustKnow(value);
    this.#outputs.push({ value, type, shape });
  }

  build(): Graph {
    return {
      name: this.#name,
      opsets: this.#opsets,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      initializers: [...this.#initializers],
      nodes: [...this.#nodes],
    };
  }

  #define(name: string): Value {
    if (this.#values.has(name)) throw new Error(`${this.#name}: two values are called ${name}`);
    const value = { name };
    this.#values.set(name, value);
    return value;
  }

  #mustKnow(value: Value): void {
    if (this.#values.get(value.name) !== value) {
      throw new Error(`${this.#name}: ${value.name} is not a value of this graph`);
    }
  }
}

function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
