import { int } from '../attribute.js';
import type { GradientRule, GradientStep } from './gradient-rule.js';

const outputShape = (step: GradientStep) => step.shape(step.output());

export const arithmeticRules: Readonly<Record<string, GradientRule>> = {
  Identity: (step) => [step.gradient],
  Neg: (step) => [step.add('Neg', [step.gradient])],
  Add: (step) =>
    [0, 1].map((index) =>
      step.needs(index) ? step.summedTo(index, step.gradient, outputShape(step)) : undefined,
    ),
  Sub: (step) => [
    step.needs(0) ? step.summedTo(0, step.gradient, outputShape(step)) : undefined,
    step.needs(1)
      ? step.add('Neg', [step.summedTo(1, step.gradient, outputShape(step))])
      : undefined,
  ],
  Mul: (step) =>
    [0, 1].map((index) => {
      if (!step.needs(index)) return undefined;
      const product = step.add('Mul', [step.gradient, step.input(1 - index)]);
      return step.summedTo(index, product, outputShape(step));
    }),
  /** y = a / b: da = dy / b, db = -dy y / b. */
  Div: (step) => {
    const first = step.add('Div', [step.gradient, step.input(1)]);
    const second = () => step.add('Neg', [step.add('Mul', [first, step.output()])]);
    return [
      step.needs(0) ? step.summedTo(0, first, outputShape(step)) : undefined,
      step.needs(1) ? step.summedTo(1, second(), outputShape(step)) : undefined,
    ];
  },
  Exp: (step) => [step.add('Mul', [step.gradient, step.output()])],
  Log: (step) => [step.add('Div', [step.gradient, step.input(0)])],
  /** dy / (2 y) */
  Sqrt: (step) => [
    step.add('Div', [step.add('Mul', [step.gradient, step.scalar(0.5)]), step.output()]),
  ],
  ReduceSum: (step) => [repeated(step)],
  ReduceMean: (step) => {
    const count = size(step.shape(step.input(0))) / size(outputShape(step));
    return [step.add('Mul', [repeated(step), step.scalar(1 / count)])];
  },
};

/** The gradient of a sum: the same for each of what was added. */
function repeated(step: GradientStep) {
  const shape = step.shape(step.input(0));
  const keepsAxes = (step.node.attributes['keepdims'] ?? int(1)).value === 1;
  const axes = step.node.inputs[1] ? step.integers(1) : [...shape.keys()];
  const kept = shape.map((full, axis) =>
    axes.some((reduced) => reduced === axis || reduced + shape.length === axis) ? 1 : full,
  );
  const gradient = keepsAxes
    ? step.gradient
    : step.add('Reshape', [step.gradient, step.ints(kept)]);
  return step.add('Expand', [gradient, step.ints(shape)]);
}

function size(shape: readonly number[]): number {
  return shape.reduce((total, length) => total * length, 1);
}
