import type { ElementType } from './element-type.js';

/** A node's attribute. JavaScript has one number type and ONNX has two: the kind is said, never guessed. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'graph'; readonly value: Graph };

export type Attributes = Readonly<Record<string, Attribute>>;

/** An edge of the graph: what one input, initializer or node output is called. */
export interface Value {
  readonly name: string;
}

/** A size, or the name of a size that is known only at run time. */
export type Dimension = number | string;

/** An operator call. `undefined` stands for an optional input that is left out. */
export interface Node {
  readonly name: string;
  readonly op: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/** Bytes of a file, little-endian and dense. `location` is relative to the folder the runtime is told. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A constant tensor: its bytes are in the model, or lie in a file. */
export interface Initializer {
  readonly value: Value;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | ExternalData;
}

/** An input or output of the whole graph. */
export interface GraphPort {
  readonly value: Value;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** Nodes are in an order in which every value is made before it is used. */
export interface Graph {
  readonly name: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly Node[];
}
