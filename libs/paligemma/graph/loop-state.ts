import type { GraphBuilder, Value } from '#onnx';
import type { TextConfig } from '../checkpoint/model-config.js';
import type { KeyValue } from './decoder-attention.js';

/** What one step of the loop hands to the next. */
export interface LoopState {
  /** int64 [batch] */
  readonly token: Value;
  /** int64 [batch, 1]: where that token stands. */
  readonly position: Value;
  /** int64 [batch]: tokens that the row still wants; none after its eos. */
  readonly left: Value;
  readonly tokens: Value;
  readonly inverseProbabilities: Value;
  /** Of each layer: what was read in this run. */
  readonly recent: readonly KeyValue[];
}

interface Port {
  readonly name: string;
  readonly type: 'int64' | 'float32';
  readonly shape: readonly (number | string)[];
}

/** In the order of `listed`. `length` names how many tokens the growing ones hold. */
function portsOf({ layers, keyValueHeads, headSize }: TextConfig, length: string): Port[] {
  const shape = ['batch', keyValueHeads, `${length}_read`, headSize];
  const recent = Array.from({ length: layers }, (_, layer): Port[] => [
    { name: `recent_key.${layer}`, type: 'float32', shape },
    { name: `recent_value.${layer}`, type: 'float32', shape },
  ]);
  return [
    { name: 'token', type: 'int64', shape: ['batch'] },
    { name: 'position', type: 'int64', shape: ['batch', 1] },
    { name: 'left', type: 'int64', shape: ['batch'] },
    { name: 'tokens', type: 'int64', shape: ['batch', length] },
    { name: 'inverse_probabilities', type: 'float32', shape: ['batch', length] },
    ...recent.flat(),
  ];
}

/** The inputs of the loop's body: what the step before handed on. */
export function stateInputs(body: GraphBuilder, text: TextConfig): LoopState {
  const ports = portsOf(text, 'held');
  return unlisted(ports.map(({ name, type, shape }) => body.input(`in.${name}`, type, shape)));
}

/** The outputs of the loop's body. */
export function stateOutputs(body: GraphBuilder, state: LoopState, text: TextConfig): void {
  const ports = portsOf(text, 'grown');
  listed(state).forEach((value, index) => {
    const { name, type, shape } = ports[index]!;
    body.output(body.node(`out.${name}`, 'Identity', [value]), type, shape);
  });
}

/** In the order in which the loop takes and returns them. */
export function listed(state: LoopState): Value[] {
  const { token, position, left, tokens, inverseProbabilities, recent } = state;
  const keyValues = recent.flatMap(({ key, value }) => [key, value]);
  return [token, position, left, tokens, inverseProbabilities, ...keyValues];
}

/** The way back. */
export function unlisted(values: readonly Value[]): LoopState {
  const [token, position, left, tokens, inverseProbabilities, ...keyValues] = values as [
    Value,
    Value,
    Value,
    Value,
    Value,
    ...Value[],
  ];
  const recent = Array.from({ length: keyValues.length / 2 }, (_, layer) => ({
    key: keyValues[2 * layer]!,
    value: keyValues[2 * layer + 1]!,
  }));
  return { token, position, left, tokens, inverseProbabilities, recent };
}
