/** What the engine does next. It does one thing at a time, and looks again after each. */
export type Turn = 'prefill' | 'encode' | 'decode' | 'idle';

export interface EngineState {
  readonly activeSlots: number;
  readonly freeSlots: number;
  /** Priority of the first prompt that waits; undefined when none does. */
  readonly promptPriority: number | undefined;
  /** Priority of the first picture that waits to be encoded. */
  readonly imagePriority: number | undefined;
  /** Pictures encoded since the last decode step. */
  readonly encodedSinceStep: number;
}

/**
 * Full slots first: a step costs little more for sixteen sequences than for one, so prompts go in before the next
 * step. A picture is encoded when no prompt waits (its prompts are what fills the slots next) or when it is more
 * urgent than they are; one of them is encoded ahead while all slots are busy. Between two steps no more pictures
 * are encoded than slots are free, so a stream of pictures cannot stop the answers that are under way.
 */
export function planTurn(state: EngineState): Turn {
  const { activeSlots, freeSlots, promptPriority, imagePriority, encodedSinceStep } = state;
  if (isFirst(promptPriority, imagePriority)) return freeSlots > 0 ? 'prefill' : 'decode';
  const hasTurn = activeSlots === 0 || encodedSinceStep < Math.max(1, freeSlots);
  if (imagePriority !== undefined && hasTurn) return 'encode';
  return activeSlots > 0 ? 'decode' : 'idle';
}

function isFirst(prompt: number | undefined, image: number | undefined): boolean {
  return prompt !== undefined && (image === undefined || prompt >= image);
}
