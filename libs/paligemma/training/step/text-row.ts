import type { TokenisedExample } from '../data/training-example.js';

/** The examples about one picture as one row of the text model's inputs, each behind the other; 0 behind the last. */
export interface TextRow {
  /** [textTokens] each. */
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  /** From 1; 0 is padding. */
  readonly example: Int32Array;
  /** Running sum of mask_ar within the example: a token sees those of its own example that have no higher one. */
  readonly block: Int32Array;
  /** Within the example. */
  readonly position: Int32Array;
  readonly isLabel: Uint8Array;
}

/** Errors: `RangeError` when they do not fit: the data was not checked. */
export function textRow(examples: readonly TokenisedExample[], textTokens: number): TextRow {
  const numbers = (): Int32Array => new Int32Array(textTokens);
  const row = {
    inputs: numbers(),
    targets: numbers(),
    example: numbers(),
    block: numbers(),
    position: numbers(),
    isLabel: new Uint8Array(textTokens),
  };
  let at = 0;
  examples.forEach(({ tokens, maskAr, maskLoss, maskInput }, index) => {
    let block = 0;
    for (let place = 0; place + 1 < maskInput.length && maskInput[place + 1]; place++, at++) {
      if (at >= textTokens) throw new RangeError(`examples of a pack do not fit ${textTokens}`);
      block += maskAr[place]!;
      row.inputs[at] = tokens[place]!;
      row.targets[at] = tokens[place + 1]!;
      row.example[at] = index + 1;
      row.block[at] = block;
      row.position[at] = place;
      row.isLabel[at] = Number(maskLoss[place + 1]! !== 0);
    }
  });
  return row;
}
