import { intOf } from '../read-attribute.js';
import type { GradientRule } from './gradient-rule.js';

/** Of Gelu's tanh form: x sigmoid(2 c (x + k x^3)). */
const C = Math.sqrt(2 / Math.PI);
const K = 0.044_715;

export const activationRules: Readonly<Record<string, GradientRule>> = {
  Relu: (step) => {
    const isOn = step.add('Sign', [step.output()]);
    return [step.add('Mul', [step.gradient, isOn])];
  },
  /** dy (1 - y^2) */
  Tanh: (step) => {
    const square = step.add('Mul', [step.output(), step.output()]);
    return [step.add('Mul', [step.gradient, step.add('Sub', [step.scalar(1), square])])];
  },
  /** dy y (1 - y) */
  Sigmoid: (step) => {
    const slope = step.add('Mul', [
      step.output(),
      step.add('Sub', [step.scalar(1), step.output()]),
    ]);
    return [step.add('Mul', [step.gradient, slope])];
  },
  /**
   * With p = 2c + 2ck x^2, s = sigmoid(x p) and y = x s: y' = s + y (1 - s) (3p - 4c). Twelve passes over the
   * numbers; each more shows in the time of a step.
   */
  Gelu: (step) => {
    if (step.node.attributes['approximate']?.value !== 'tanh') {
      throw new Error(`${step.node.name}: only the tanh form of Gelu has a rule`);
    }
    const x = step.input(0);
    const bent = step.add('Mul', [step.add('Mul', [x, x]), step.scalar(2 * C * K)]);
    const p = step.add('Add', [bent, step.scalar(2 * C)]);
    const s = step.add('Sigmoid', [step.add('Mul', [x, p])]);
    const rest = step.add('Mul', [step.output(), step.add('Sub', [step.scalar(1), s])]);
    const inner = step.add('Sub', [step.add('Mul', [p, step.scalar(3)]), step.scalar(4 * C)]);
    const slope = step.add('Add', [s, step.add('Mul', [rest, inner])]);
    return [step.add('Mul', [step.gradient, slope])];
  },
  /** y (dy - sum(dy y)) */
  Softmax: (step) => {
    const weighed = step.add('Mul', [step.gradient, step.output()]);
    const total = step.add('ReduceSum', [weighed, step.ints([axisOf(step.node)])]);
    return [step.add('Sub', [weighed, step.add('Mul', [step.output(), total])])];
  },
  /** dy - exp(y) sum(dy) */
  LogSoftmax: (step) => {
    const total = step.add('ReduceSum', [step.gradient, step.ints([axisOf(step.node)])]);
    const shares = step.add('Mul', [step.add('Exp', [step.output()]), total]);
    return [step.add('Sub', [step.gradient, shares])];
  },
};

function axisOf(node: Parameters<typeof intOf>[0]): number {
  return intOf(node, 'axis', -1);
}
