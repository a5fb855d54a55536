import type { Tensor } from 'onnxruntime-node';
import type { Choice } from '../../generation/model-runner.js';
import { notFinite } from '../../generation/state-rows.js';
import { loopPorts } from '../../graph/generation-loop-graph.js';

type Chosen = Readonly<
  Record<typeof loopPorts.tokens | typeof loopPorts.inverseProbabilities, Tensor>
>;

/**
 * What the loop chose for a row, up to its eos or budget. Errors: `checkpoint.not_finite`; looked at before anything
 * is cached: a NaN in the cache would reach whoever has the slot next.
 */
export function readChosen(
  outputs: Chosen,
  row: number,
  budget: number,
  eosId: number | undefined,
): Choice[] {
  const { data, dims } = outputs[loopPorts.tokens];
  const inverse = outputs[loopPorts.inverseProbabilities].data as Float32Array;
  const width = dims[1]!;
  const choices: Choice[] = [];
  while (choices.length < Math.min(budget, width) && choices.at(-1)?.token !== (eosId ?? -1)) {
    const place = row * width + choices.length;
    const choice = {
      token: Number((data as BigInt64Array)[place]),
      logProbability: -Math.log(inverse[place]!),
    };
    if (!Number.isFinite(choice.logProbability)) throw notFinite();
    choices.push(choice);
  }
  return choices;
}
