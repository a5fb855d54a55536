import type { Tensor } from 'onnxruntime-node';
import type { CodeHead } from '../../generation/code-head.js';
import type { HeadRow } from '../../generation/head.js';
import type { Choice } from '../../generation/model-runner.js';
import { sampleToken } from '../../generation/sample-token.js';
import { loopPorts } from '../../graph/generation-loop-graph.js';
import { readChosen } from './read-chosen.js';

/** States where a row is constrained, logits where one samples. */
type FirstOutputs = Readonly<
  Record<
    | typeof loopPorts.tokens
    | typeof loopPorts.inverseProbabilities
    | typeof loopPorts.states
    | typeof loopPorts.logits,
    Tensor
  >
>;

/**
 * The first token of each row, in every way that a row may choose it: the graph's own choice is the greedy one.
 * Errors: `checkpoint.not_finite`.
 */
export async function chooseFirst(
  codes: CodeHead,
  outputs: FirstOutputs,
  rows: readonly HeadRow[],
): Promise<Choice[]> {
  const choices = new Map<number, Choice>();
  const constrained = rows.flatMap(({ row, selection }) =>
    selection.kind === 'constrained' ? [{ row, allowed: selection.allowed }] : [],
  );
  if (constrained.length > 0) {
    const states = outputs[loopPorts.states].data as Float32Array;
    await codes.choose(states, constrained, choices);
  }
  for (const { row, selection } of rows) {
    if (selection.kind === 'constrained') continue;
    // Also where a row samples: it tells numbers from what is none.
    const [best] = readChosen(outputs, row, 1, undefined);
    const own =
      selection.kind === 'sample' ? sampleToken(logitsOf(outputs, row), selection) : best!;
    choices.set(row, own);
  }
  return rows.map(({ row }) => choices.get(row)!);
}

function logitsOf(outputs: FirstOutputs, row: number): Float32Array {
  const { data, dims } = outputs[loopPorts.logits];
  const width = dims[1]!;
  return (data as Float32Array).subarray(row * width, (row + 1) * width);
}
