import { ints } from '../attribute.js';
import type { Value } from '../graph.js';
import { convolution } from '../shape/shape-rules.js';
import type { GradientRule, GradientStep } from './gradient-rule.js';

/** Two axes swapped: numbers of a batch stand where channels stood. */
const SWAPPED = { perm: ints([1, 0, 2, 3]) };

/** x [batch, channels, height, width]; each is the other's way back. */
export const convolutionRules: Readonly<Record<string, GradientRule>> = {
  Conv: (step) => {
    const { strides, pads } = convolution(step.node);
    const kernel = step.shape(step.input(1)).slice(2);
    const sizes = step.shape(step.input(0)).slice(2);
    const reached = step.shape(step.output()).slice(2);
    // Pixels that a stride leaves out at the end.
    const left = sizes.map(
      (size, axis) =>
        size +
        pads[axis]! +
        pads[axis + 2]! -
        kernel[axis]! -
        (reached[axis]! - 1) * strides[axis]!,
    );
    const way = { strides: ints(strides), pads: ints(pads), output_padding: ints(left) };
    const back = () => step.add('ConvTranspose', [step.gradient, step.input(1)], way);
    return [
      step.needs(0) ? back() : undefined,
      step.needs(1) ? kernelGradient(step, step.input(0), step.gradient, left) : undefined,
      biasGradient(step),
    ];
  },
  ConvTranspose: (step) => {
    const { strides, pads } = convolution(step.node);
    const way = { strides: ints(strides), pads: ints(pads) };
    const back = () => step.add('Conv', [step.gradient, step.input(1)], way);
    return [
      step.needs(0) ? back() : undefined,
      step.needs(1) ? kernelGradient(step, step.gradient, step.input(0), [0, 0]) : undefined,
      biasGradient(step),
    ];
  },
};

/**
 * The kernel's gradient is a convolution of the wide side by the narrow one, strides as dilations: [narrow, wide, h, w],
 * which is how either operator stores its kernel.
 */
function kernelGradient(
  step: GradientStep,
  wide: Value,
  narrow: Value,
  left: readonly number[],
): Value {
  const { strides, pads } = convolution(step.node);
  const cut = left.map((size, axis) => pads[axis + 2]! - size);
  // The kernel never read what the stride left out; where that is more than the padding, it is cut off below.
  if (cut.some((size) => size < 0)) {
    throw new Error(
      `${step.node.name}: a stride that leaves out more than the padding has no rule`,
    );
  }
  const inputs = [step.add('Transpose', [wide], SWAPPED), step.add('Transpose', [narrow], SWAPPED)];
  const way = { dilations: ints(strides), pads: ints([...pads.slice(0, 2), ...cut]) };
  return step.add('Transpose', [step.add('Conv', inputs, way)], SWAPPED);
}

function biasGradient(step: GradientStep): Value | undefined {
  if (!step.node.inputs[2] || !step.needs(2)) return undefined;
  const axes = step.ints([0, 2, 3]);
  const sum = step.add('ReduceSum', [step.gradient, axes]);
  return step.add('Reshape', [sum, step.ints([-1])]);
}
