import type { GraphBuilder } from '../graph-builder.js';
import type { Graph, Node, Value } from '../graph.js';
import type { Shapes } from '../shape/shapes.js';

/**
 * Rematerialisation (Chen et al. 2016, "Training deep nets with sublinear memory cost"): when the way back reaches a
 * segment, its nodes are written a second time, and the rules read those.
 */
export class Repetition {
  readonly #segments = new Map<string, Node[]>();
  readonly #copies = new Map<Node, Node>();
  /** Values that nodes make: all else is there anyway. */
  readonly #made = new Set<string>();

  constructor(
    private readonly graph: GraphBuilder,
    private readonly shapes: Shapes,
    forward: Graph,
    private readonly segmentOf: (node: Node) => string | undefined = () => undefined,
  ) {
    for (const node of forward.nodes) {
      for (const { name } of node.outputs) this.#made.add(name);
      const segment = segmentOf(node);
      if (segment === undefined) continue;
      const nodes = this.#segments.get(segment);
      if (nodes) nodes.push(node);
      else this.#segments.set(segment, [node]);
    }
  }

  /** The node to differentiate: itself, or its copy, which is made when `gradient` has arrived. */
  of(node: Node, gradient: Value): Node {
    const segment = this.segmentOf(node);
    if (segment === undefined) return node;
    if (!this.#copies.has(node)) this.#copy(this.#segments.get(segment)!, gradient);
    return this.#copies.get(node)!;
  }

  #copy(nodes: readonly Node[], gradient: Value): void {
    const values = new Map<string, Value>();
    const copyOf = (value: Value): Value => {
      const known = values.get(value.name);
      if (known) return known;
      if (!this.#made.has(value.name)) return value;
      const held = this.#held(value, gradient);
      values.set(value.name, held);
      return held;
    };
    for (const node of nodes) {
      const inputs = node.inputs.map((input) => input && copyOf(input));
      const { op, attributes, domain } = node;
      const outputs = this.graph.nodes(
        `again/${node.name}`,
        op,
        node.outputs.length,
        inputs,
        attributes,
        domain,
      );
      node.outputs.forEach((output, index) => {
        values.set(output.name, outputs[index]!);
        this.shapes.same(outputs[index]!, output);
      });
      this.#copies.set(node, { ...node, inputs, outputs });
    }
  }

  /**
   * The same numbers, but not before the gradient is there: without this the runtime sees two equal computations, does
   * one, and keeps all that it was to forget.
   */
  #held(value: Value, gradient: Value): Value {
    const name = `again/${gradient.name}/${value.name}`;
    const { graph } = this;
    const flat = graph.reshape(`${name}/flat`, gradient, [-1]);
    const one = graph.node(`${name}/one`, 'Gather', [flat, graph.integers(`${name}/first`, [0])]);
    const nothing = graph.node(`${name}/nothing`, 'Mul', [one, graph.scalar(`${name}/zero`, 0)]);
    const held = graph.node(name, 'Add', [value, nothing]);
    this.shapes.same(held, value);
    return held;
  }
}
