import type { GraphBuilder } from '../graph-builder.js';
import type { Node, Value } from '../graph.js';
import { Shapes } from '../shape/shapes.js';
import { gradientRules } from './gradient-rules.js';
import { GraphStep } from './graph-step.js';
import { Repetition } from './repetition.js';

export interface DifferentiateOptions {
  /**
   * The segment that a node belongs to, if any: what it computes is not kept for the way back but computed again
   * there from what enters the segment. Nodes of a segment follow each other.
   */
  readonly segmentOf?: (node: Node) => string | undefined;
}

/**
 * Adds to a graph what computes the gradient of `loss`, one number, by each of `wanted`: inputs, constants or values
 * in between. Only the way from the loss to what is wanted is differentiated. Reverse mode: one pass over the nodes
 * from the last to the first, a rule for each operator.
 *
 * Sizes of the graph's inputs must be fixed. A wanted value that the loss does not depend on is missing in the answer.
 * Errors: `Error` on an operator on that way that has no rule.
 */
export function differentiate(
  graph: GraphBuilder,
  loss: Value,
  wanted: readonly Value[],
  options: DifferentiateOptions = {},
): Map<Value, Value> {
  const forward = graph.build();
  const shapes = new Shapes(forward);
  const leading = leadingFrom(wanted, forward.nodes);
  const sums = new Sums(graph);
  sums.add(loss, graph.floats('gradient/loss', Float32Array.of(1), shapes.of(loss)));
  const repetition = new Repetition(graph, shapes, forward, options.segmentOf);
  for (const node of forward.nodes.toReversed()) {
    if (!node.inputs.some((input) => input && leading.has(input.name))) continue;
    const gradients = node.outputs.map((output) => sums.take(output));
    const arrived = gradients.find((gradient) => gradient !== undefined);
    if (arrived === undefined) continue;
    const rule = gradientRules[node.op];
    if (rule === undefined) throw new Error(`no rule differentiates ${node.op} (${node.name})`);
    const step = new GraphStep(repetition.of(node, arrived), {
      graph,
      shapes,
      gradients,
      needs: (index) => leading.has(node.inputs[index]?.name ?? ''),
    });
    rule(step).forEach((gradient, index) => {
      const input = node.inputs[index];
      if (gradient && input && leading.has(input.name)) sums.add(input, gradient);
    });
  }
  const found = wanted.map((value) => [value, sums.take(value)] as const);
  return new Map(found.filter((entry): entry is [Value, Value] => entry[1] !== undefined));
}

/** Names of all values that a change of the wanted ones changes. */
function leadingFrom(wanted: readonly Value[], nodes: readonly Node[]): ReadonlySet<string> {
  const names = new Set(wanted.map(({ name }) => name));
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((input) => input && names.has(input.name))) continue;
    for (const { name } of outputs) names.add(name);
  }
  return names;
}

/** A value that several nodes read gets a gradient from each. */
class Sums {
  readonly #parts = new Map<string, Value[]>();

  constructor(private readonly graph: GraphBuilder) {}

  add(value: Value, gradient: Value): void {
    const parts = this.#parts.get(value.name);
    if (parts) parts.push(gradient);
    else this.#parts.set(value.name, [gradient]);
  }

  take(value: Value): Value | undefined {
    const parts = this.#parts.get(value.name);
    if (parts === undefined || parts.length < 2) return parts?.[0];
    const sum = this.graph.node(`gradient/${value.name}/sum`, 'Sum', parts);
    this.#parts.set(value.name, [sum]);
    return sum;
  }
}
