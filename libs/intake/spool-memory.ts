/** As much as a socket gives at once. */
export const BLOCK_BYTES = 65_536;
/** Larger files wait on disk. */
export const MOST_IN_MEMORY_BYTES = 8 * 1_048_576;
/** Of all uploads of a process together. */
const BUDGET_BYTES = 64 * 1_048_576;

/**
 * The memory in which files of uploads wait for the store: one budget for the whole process, in blocks that are
 * used again. A buffer of its own for every file costs the garbage collector more than all else that an upload costs:
 * it marks the whole heap again whenever some 64 MB of them have come.
 */
export class SpoolMemory {
  readonly #free: Buffer[] = [];
  readonly #leaving = new Set<readonly Buffer[]>();
  readonly #waiting: (() => void)[] = [];
  #made = 0;

  constructor(private readonly budgetBytes = BUDGET_BYTES) {}

  /**
   * A block, with whatever was in it before. Undefined when there is none and none is about to come back: the file
   * has to wait on disk.
   */
  async take(): Promise<Buffer | undefined> {
    for (;;) {
      const block = this.takeNow();
      if (block !== undefined || this.#leaving.size === 0) return block;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A block, when there is one. */
  takeNow(): Buffer | undefined {
    const block = this.#free.pop();
    if (block !== undefined) return block;
    if ((this.#made + 1) * BLOCK_BYTES > this.budgetBytes) return undefined;
    this.#made += 1;
    // Not of Node's pool of small buffers: that one would be shared with others.
    return Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** Says that a file is on its way to the store: its blocks come back whatever clients do, so others may wait for them. */
  leaves(blocks: readonly Buffer[]): void {
    this.#leaving.add(blocks);
  }

  /** Nobody reads or writes the blocks any more. */
  giveBack(blocks: readonly Buffer[]): void {
    this.#free.push(...blocks);
    this.#ended(blocks);
  }

  /** Somebody may still read them: they are the garbage collector's. */
  lose(blocks: readonly Buffer[]): void {
    this.#made -= blocks.length;
    this.#ended(blocks);
  }

  #ended(blocks: readonly Buffer[]): void {
    this.#leaving.delete(blocks);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** One for the process, as its memory is. */
export const spoolMemory = new SpoolMemory();
