import { totalmem } from 'node:os';
import { AppError } from '#contracts';

export interface SlotSizes {
  /** Of the weights, as they are computed with. */
  readonly weightBytes: number;
  /** Keys and values of one sequence at its greatest length. */
  readonly slotBytes: number;
}

export interface SlotWishes {
  readonly slots?: number;
  /** Most bytes of keys and values. */
  readonly keyValueBytes?: number;
}

/** A step for 16 sequences costs little more than one for 8; beyond, arithmetic is the limit and latency grows. */
const MOST_BY_DEFAULT = 16;
/** The rest is for activations, pictures, and whatever else runs here. */
const SHARE_OF_MEMORY = 0.7;

/**
 * How many sequences decode together: what was wished for, else as many as fit, from 1 to 16.
 * `memoryBytes`: of the machine, or of the container that the process runs in.
 * Errors: `engine.memory` when the wished number does not fit the wished bytes, or not even one sequence does.
 */
export function chooseSlots(
  wishes: SlotWishes,
  sizes: SlotSizes,
  memoryBytes = availableMemory(),
): number {
  const { slots, keyValueBytes } = wishes;
  if (keyValueBytes === undefined) {
    const left = memoryBytes * SHARE_OF_MEMORY - sizes.weightBytes;
    return slots ?? Math.max(1, Math.min(MOST_BY_DEFAULT, Math.floor(left / sizes.slotBytes)));
  }
  const fitting = Math.floor(keyValueBytes / sizes.slotBytes);
  if (fitting >= (slots ?? 1)) return slots ?? Math.min(MOST_BY_DEFAULT, fitting);
  throw new AppError(
    'engine.memory',
    `${slots ?? 1} sequences of the greatest length take ${megabytes(sizes.slotBytes * (slots ?? 1))} of keys and values; keyValueBytes allows ${megabytes(keyValueBytes)}. Raise it, or lower slots, maxPromptTokens or maxNewTokens.`,
    { context: { slots, keyValueBytes, slotBytes: sizes.slotBytes } },
  );
}

function availableMemory(): number {
  // 0 or a number past all memory without a limit of the container.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
