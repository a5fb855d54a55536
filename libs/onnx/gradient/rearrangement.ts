import { int, ints, text } from '../attribute.js';
import type { Value } from '../graph.js';
import { axisOf, intOf, intsOf } from '../read-attribute.js';
import type { GradientRule, GradientStep } from './gradient-rule.js';

/** Operators that move numbers: the gradient moves back. */
export const rearrangementRules: Readonly<Record<string, GradientRule>> = {
  Reshape: (step) => [likeInput(step)],
  Unsqueeze: (step) => [likeInput(step)],
  Squeeze: (step) => [likeInput(step)],
  Expand: (step) => [step.summedTo(0, step.gradient, step.shape(step.output()))],
  Transpose: (step) => {
    const rank = step.shape(step.input(0)).length;
    const perm = intsOf(step.node, 'perm', [...Array(rank).keys()].toReversed());
    const back = perm.map((_, axis) => perm.indexOf(axis));
    return [step.add('Transpose', [step.gradient], { perm: ints(back) })];
  },
  Concat: (step) => {
    const shapes = step.node.inputs.map((_, index) => step.shape(step.input(index)));
    const axis = axisOf(intOf(step.node, 'axis', 0), shapes[0]!.length);
    const sizes = step.ints(shapes.map((shape) => shape[axis]!));
    return step.addAll('Split', shapes.length, [step.gradient, sizes], { axis: int(axis) });
  },
  Split: (step) => {
    const parts = step.node.outputs.map(
      (_, index) => step.find(index) ?? zeros(step, step.shape(step.output(index))),
    );
    return [step.add('Concat', parts, { axis: int(intOf(step.node, 'axis', 0)) })];
  },
  /** A rotation: the way back turns by the opposite angles. */
  RotaryEmbedding: (step) => {
    const [, cos, sin, positions] = [0, 1, 2, 3].map((index) =>
      step.node.inputs[index] ? step.input(index) : undefined,
    );
    const opposite = step.add('Neg', [sin!]);
    const inputs = [step.gradient, cos!, opposite, ...(positions ? [positions] : [])];
    return [step.add('RotaryEmbedding', inputs, step.node.attributes)];
  },
  /** Rows that are taken more than once get the sum. */
  Gather: (step) => {
    const shape = step.shape(step.input(0));
    const axis = axisOf(intOf(step.node, 'axis', 0), shape.length);
    const count = step.shape(step.input(1)).reduce((total, size) => total * size, 1);
    const flat = step.ints(shape.with(axis, count));
    const column = shape.map((_, at) => (at === axis ? count : 1));
    const indices = step.add('Reshape', [step.input(1), step.ints(column)]);
    const everywhere = step.add('Expand', [indices, flat]);
    return [scattered(step, everywhere, step.add('Reshape', [step.gradient, flat]), axis)];
  },
  GatherElements: (step) => {
    const axis = axisOf(intOf(step.node, 'axis', 0), step.shape(step.input(0)).length);
    return [scattered(step, step.input(1), step.gradient, axis)];
  },
};

function likeInput(step: GradientStep): Value {
  return step.add('Reshape', [step.gradient, step.ints(step.shape(step.input(0)))]);
}

function zeros(step: GradientStep, shape: readonly number[]): Value {
  return step.add('Expand', [step.scalar(0), step.ints(shape)]);
}

/** ScatterElements adds in the order of the indices; ScatterND may add in any, and two runs would differ. */
function scattered(step: GradientStep, indices: Value, updates: Value, axis: number): Value {
  const nothing = zeros(step, step.shape(step.input(0)));
  const attributes = { axis: int(axis), reduction: text('add') };
  return step.add('ScatterElements', [nothing, indices, updates], attributes);
}
