import type { Value } from '../graph.js';
import { floatOf, intOf } from '../read-attribute.js';
import type { GradientRule, GradientStep } from './gradient-rule.js';

export const productRules: Readonly<Record<string, GradientRule>> = {
  MatMul: products,
  FusedMatMul: products,
  Gemm: (step) => {
    if (floatOf(step.node, 'alpha', 1) !== 1 || floatOf(step.node, 'beta', 1) !== 1) {
      throw new Error(`${step.node.name}: Gemm with factors has no rule`);
    }
    const bias = step.node.inputs[2] && step.needs(2);
    return [
      ...products(step),
      bias ? step.summedTo(2, step.gradient, step.shape(step.output())) : undefined,
    ];
  },
};

/** y = alpha op(a) op(b). What was turned going forth is turned in the other product, so nothing is copied. */
function products(step: GradientStep): (Value | undefined)[] {
  const { node, gradient } = step;
  const turnsA = intOf(node, 'transA', 0) === 1;
  const turnsB = intOf(node, 'transB', 0) === 1;
  const alpha = node.op === 'FusedMatMul' ? floatOf(node, 'alpha', 1) : 1;
  const [a, b] = [step.input(0), step.input(1)];
  const first = () =>
    turnsA
      ? step.product(b, gradient, { turnsA: turnsB, turnsB: true, alpha })
      : step.product(gradient, b, { turnsB: !turnsB, alpha });
  const second = () =>
    turnsB
      ? step.product(gradient, a, { turnsA: true, turnsB: turnsA, alpha })
      : step.product(a, gradient, { turnsA: !turnsA, alpha });
  return [
    step.needs(0) ? step.summedTo(0, first(), productShape(step, 0)) : undefined,
    step.needs(1) ? step.summedTo(1, second(), productShape(step, 1)) : undefined,
  ];
}

/** Of the gradient before repeated batches are added up: the output's batch axes, the input's matrix. */
function productShape(step: GradientStep, index: number): readonly number[] {
  const output = step.shape(step.output());
  return [...output.slice(0, -2), ...step.shape(step.input(index)).slice(-2)];
}
