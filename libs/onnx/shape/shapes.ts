import type { Graph, Initializer, Node, Value } from '../graph.js';
import type { Shape } from './shape-rule.js';
import { shapeRules } from './shape-rules.js';

/** Shapes of a graph whose inputs all have fixed sizes. */
export class Shapes {
  readonly #shapes = new Map<string, Shape>();
  readonly #constants = new Map<string, Initializer>();

  /** Errors: `Error` on an input of unknown size, and on an operator that has no rule. */
  constructor(graph: Graph) {
    for (const { value, shape } of graph.inputs) {
      if (!shape.every((size) => typeof size === 'number')) {
        throw new Error(`${value.name} [${shape}] has sizes that are known at run time only`);
      }
      this.#shapes.set(value.name, shape);
    }
    for (const initializer of graph.initializers) {
      this.#constants.set(initializer.value.name, initializer);
      this.#shapes.set(initializer.value.name, initializer.shape);
    }
    for (const node of graph.nodes) this.#infer(node);
  }

  of(value: Value): Shape {
    const shape = this.#shapes.get(value.name);
    if (shape === undefined) throw new Error(`the shape of ${value.name} is not known`);
    return shape;
  }

  /** Numbers of a constant int64 tensor. */
  integers(value: Value): number[] {
    const constant = this.#constants.get(value.name);
    if (constant?.type !== 'int64' || !(constant.data instanceof Uint8Array)) {
      throw new Error(`${value.name} is no int64 constant of the graph`);
    }
    // A copy: the bytes may lie anywhere in their buffer.
    return Array.from(new BigInt64Array(Uint8Array.from(constant.data).buffer), Number);
  }

  /** A value with the shape of another: a copy made while the graph grows. */
  same(copy: Value, original: Value): void {
    this.#shapes.set(copy.name, this.of(original));
  }

  #infer(node: Node): void {
    const rule = shapeRules[node.op];
    if (rule === undefined) throw new Error(`no rule gives the shape of ${node.op} (${node.name})`);
    const shapes = rule({
      node,
      shape: (index) => this.of(node.inputs[index]!),
      integers: (index) => this.integers(node.inputs[index]!),
    });
    node.outputs.forEach((output, index) => this.#shapes.set(output.name, shapes[index]!));
  }
}
