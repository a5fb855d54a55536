import { tensorBytes, type ElementType } from './element-type.js';
import type {
  Attributes,
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
  readonly #inputs: GraphPort[] = [];
  readonly #outputs: GraphPort[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #nodes: Node[] = [];
  readonly #values = new Map<string, Value>();

  constructor(
    private readonly name: string,
    private readonly opsets: Readonly<Record<string, number>> = OPSETS,
    /** Of a body: the graph around it. */
    private readonly outer?: GraphBuilder,
  ) {}

  /**
   * A graph inside this one, for `subgraph`. Its nodes may read every value that exists out here so far. What it
   * defines is called `name/...`, since ONNX forbids a body to define a name of the graph around it.
   *
   * Constants are the exception: those of a body stand in the main graph under their own names, where one of the
   * same name and content is shared. So the same code can emit the same layers outside and inside of a loop, and
   * their weights are there once.
   */
  body(name: string): GraphBuilder {
    return new GraphBuilder(this.outer ? `${this.name}/${name}` : name, this.opsets, this);
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
    if (this.outer) return this.#main.#shared(name, { type, shape, data });
    const value = this.#define(name);
    this.#initializers.push({ value, type, shape, data });
    return value;
  }

  floats(name: string, values: Float32Array, shape: readonly number[] = [values.length]): Value {
    return this.initializer(name, 'float32', shape, bytesOf(values));
  }

  /** One number, without axes. */
  scalar(name: string, value: number): Value {
    return this.floats(name, Float32Array.of(value), []);
  }

  integers(name: string, values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.initializer(name, 'int64', [values.length], bytesOf(data));
  }

  /** A node with one output. `name` also names that output. */
  node(name: string, op: string, inputs: Inputs, attributes: Attributes = {}, domain = ''): Value {
    return this.nodes(name, op, 1, inputs, attributes, domain)[0]!;
  }

  /** The same numbers in another shape, a constant called `name.shape`: 0 keeps a size, -1 takes what is left. */
  reshape(name: string, x: Value, shape: readonly number[]): Value {
    return this.node(name, 'Reshape', [x, this.integers(`${name}.shape`, shape)]);
  }

  /** A node that reads constants alone: that of a body stands in the main graph, and once. */
  constantNode(name: string, op: string, inputs: Inputs, attributes: Attributes = {}): Value {
    const main = this.#main;
    const known = this.outer && main.#nodes.find((node) => node.name === name && node.op === op);
    return known ? known.outputs[0]! : main.node(name, op, inputs, attributes);
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
    this.#nodes.push({ name: outputs[0]!.name, op, domain, inputs, outputs, attributes });
    return outputs;
  }

  output(value: Value, type: ElementType, shape: readonly Dimension[]): void {
    this.#mustKnow(value);
    this.#outputs.push({ value, type, shape });
  }

  build(): Graph {
    return {
      name: this.name,
      opsets: this.opsets,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      initializers: [...this.#initializers],
      nodes: [...this.#nodes],
    };
  }

  get #main(): GraphBuilder {
    return this.outer ? this.outer.#main : this;
  }

  #define(local: string): Value {
    const name = this.outer ? `${this.name}/${local}` : local;
    if (this.#find(name)) throw new Error(`${this.name}: two values are called ${name}`);
    const value = { name };
    this.#values.set(name, value);
    return value;
  }

  #find(name: string): Value | undefined {
    return this.#values.get(name) ?? (this.outer ? this.outer.#find(name) : undefined);
  }

  #shared(name: string, wanted: Omit<Initializer, 'value'>): Value {
    const known = this.#initializers.find(({ value }) => value.name === name);
    if (!known) return this.initializer(name, wanted.type, wanted.shape, wanted.data);
    if (isSame(known, wanted)) return known.value;
    throw new Error(`${this.name}: two constants are called ${name}`);
  }

  #mustKnow(value: Value): void {
    if (this.#find(value.name) !== value) {
      throw new Error(`${this.name}: ${value.name} is not a value of this graph`);
    }
  }
}

function isSame(a: Omit<Initializer, 'value'>, b: Omit<Initializer, 'value'>): boolean {
  if (a.type !== b.type || a.shape.join() !== b.shape.join()) return false;
  const [one, other] = [a.data, b.data];
  if (one instanceof Uint8Array || other instanceof Uint8Array) {
    return (
      one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0
    );
  }
  return one.location === other.location && one.offset === other.offset;
}

function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
