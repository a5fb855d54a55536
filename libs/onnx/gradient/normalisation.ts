import { float, int } from '../attribute.js';
import { floatOf, intOf } from '../read-attribute.js';
import type { Value } from '../graph.js';
import type { GradientRule, GradientStep } from './gradient-rule.js';

/** Both over the last axis. With n = the normalised x before it is scaled, r = 1 / deviation and g = dy w. */
export const normalisationRules: Readonly<Record<string, GradientRule>> = {
  /** dx = r (g - mean(g) - n mean(g n)) */
  LayerNormalization: (step) => {
    const [normal, , inverse] = again(step, 'LayerNormalization', 3) as [Value, Value, Value];
    const scaled = step.add('Mul', [step.gradient, step.input(1)]);
    return [
      step.needs(0) ? centred(step, scaled, normal, inverse, true) : undefined,
      step.needs(1) ? weightGradient(step, normal) : undefined,
      step.node.inputs[2] && step.needs(2) ? summedRows(step, step.gradient) : undefined,
    ];
  },
  /** dx = r (g - n mean(g n)) */
  RMSNormalization: (step) => {
    const [normal, inverse] = again(step, 'SimplifiedLayerNormalization', 2) as [Value, Value];
    const scaled = step.add('Mul', [step.gradient, step.input(1)]);
    return [
      step.needs(0) ? centred(step, scaled, normal, inverse, false) : undefined,
      step.needs(1) ? weightGradient(step, normal) : undefined,
    ];
  },
};

/** n and r from the runtime's own kernel, with a scale of 1: one pass instead of six. */
function again(step: GradientStep, op: string, outputs: number): Value[] {
  if (intOf(step.node, 'axis', -1) !== -1) throw new Error(`${step.node.name}: only the last axis`);
  const width = step.shape(step.input(0)).at(-1)!;
  const ones = step.add('Expand', [step.scalar(1), step.ints([width])]);
  const attributes = { axis: int(-1), epsilon: float(floatOf(step.node, 'epsilon', 1e-5)) };
  return step.addAll(op, outputs, [step.input(0), ones], attributes);
}

function centred(
  step: GradientStep,
  scaled: Value,
  normal: Value,
  inverse: Value,
  takesMean: boolean,
): Value {
  const last = { axes: step.ints([-1]) };
  const along = step.add('ReduceMean', [step.add('Mul', [scaled, normal]), last.axes]);
  const straight = step.add('Sub', [scaled, step.add('Mul', [normal, along])]);
  const rest = takesMean
    ? step.add('Sub', [straight, step.add('ReduceMean', [scaled, last.axes])])
    : straight;
  return step.add('Mul', [rest, inverse]);
}

function weightGradient(step: GradientStep, normal: Value): Value {
  return summedRows(step, step.add('Mul', [step.gradient, normal]));
}

function summedRows(step: GradientStep, value: Value): Value {
  return step.summedTo(1, value, step.shape(step.input(0)));
}
