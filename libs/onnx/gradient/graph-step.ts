import { float, int } from '../attribute.js';
import { MICROSOFT_DOMAIN, type GraphBuilder } from '../graph-builder.js';
import type { Attributes, Node, Value } from '../graph.js';
import type { Shape } from '../shape/shape-rule.js';
import type { Shapes } from '../shape/shapes.js';
import type { GradientStep, ProductOptions } from './gradient-rule.js';

export interface StepParts {
  readonly graph: GraphBuilder;
  readonly shapes: Shapes;
  readonly gradients: readonly (Value | undefined)[];
  readonly needs: (index: number) => boolean;
}

/** Nodes that one rule adds are named after the node that it differentiates. */
export class GraphStep implements GradientStep {
  #added = 0;

  constructor(
    readonly node: Node,
    private readonly parts: StepParts,
  ) {}

  input(index: number): Value {
    return this.node.inputs[index]!;
  }

  output(index = 0): Value {
    return this.node.outputs[index]!;
  }

  find(index: number): Value | undefined {
    return this.parts.gradients[index];
  }

  get gradient(): Value {
    return this.parts.gradients[0]!;
  }

  needs(index: number): boolean {
    return this.parts.needs(index);
  }

  shape(value: Value): Shape {
    return this.parts.shapes.of(value);
  }

  integers(index: number): number[] {
    return this.parts.shapes.integers(this.input(index));
  }

  add(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
    return this.parts.graph.node(this.#name(), op, inputs, attributes);
  }

  addAll(
    op: string,
    count: number,
    inputs: readonly Value[],
    attributes: Attributes = {},
  ): Value[] {
    return this.parts.graph.nodes(this.#name(), op, count, inputs, attributes);
  }

  product(a: Value, b: Value, options: ProductOptions = {}): Value {
    const { turnsA = false, turnsB = false, alpha = 1 } = options;
    const attributes = {
      transA: int(Number(turnsA)),
      transB: int(Number(turnsB)),
      alpha: float(alpha),
    };
    const { graph } = this.parts;
    return graph.node(this.#name(), 'FusedMatMul', [a, b], attributes, MICROSOFT_DOMAIN);
  }

  scalar(value: number): Value {
    return this.parts.graph.scalar(this.#name(), value);
  }

  ints(values: readonly number[]): Value {
    return this.parts.graph.integers(this.#name(), values);
  }

  summedTo(index: number, value: Value, from: Shape): Value {
    const to = this.shape(this.input(index));
    if (from.join() === to.join()) return value;
    const added = from.length - to.length;
    const axes = [...from.keys()].filter(
      (axis) => axis < added || (to[axis - added] === 1 && from[axis] !== 1),
    );
    const sum = this.add('ReduceSum', [value, this.ints(axes)], { keepdims: int(1) });
    return added === 0 ? sum : this.add('Reshape', [sum, this.ints(to)]);
  }

  #name(): string {
    return `gradient/${this.node.name}/${this.#added++}`;
  }
}
