import type { Attributes, Node, Value } from '../graph.js';
import type { Shape } from '../shape/shape-rule.js';

/**
 * What a rule is told about one node, and how it adds nodes to the graph. Gradients have the shape of the value that
 * they belong to.
 */
export interface GradientStep {
  readonly node: Node;
  /** Input `index` of the node. */
  input(index: number): Value;
  /** Output `index` of the node, as the forward pass (or its repetition) computed it. */
  output(index?: number): Value;
  /** Of the loss by output `index`: undefined where the loss does not depend on it. */
  find(index: number): Value | undefined;
  /** The same where there is one: of operators with one output. */
  get gradient(): Value;
  /** Whether anybody asked for the gradient of this input. A rule computes no other. */
  needs(index: number): boolean;
  shape(value: Value): Shape;
  /** Numbers of a constant int64 input. */
  integers(index: number): number[];

  add(op: string, inputs: readonly (Value | undefined)[], attributes?: Attributes): Value;
  /** An operator with several outputs. */
  addAll(op: string, count: number, inputs: readonly Value[], attributes?: Attributes): Value[];
  /** alpha * a b, either turned first. */
  product(a: Value, b: Value, options?: ProductOptions): Value;
  scalar(value: number): Value;
  ints(values: readonly number[]): Value;
  /** Adds up what broadcasting had repeated: `value` of shape `from` to the shape of input `index`. */
  summedTo(index: number, value: Value, from: Shape): Value;
}

export interface ProductOptions {
  readonly turnsA?: boolean;
  readonly turnsB?: boolean;
  readonly alpha?: number;
}

/** Gives the gradient of each input that `needs` one. */
export type GradientRule = (step: GradientStep) => readonly (Value | undefined)[];
