/** Processor time of one process, read at some moment of one clock; both in milliseconds. */
export interface CpuReading {
  readonly cpuMs: number;
  readonly atMs: number;
}

/** How much of a core a process used between two readings, in percent: 250 is two and a half cores. */
export class CpuMeter {
  #last: CpuReading | undefined;
  #percent: number | null = null;

  /** Input: the newest reading, if there is one. Output: null until there are two of the same process. */
  read(reading: CpuReading | undefined): number | null {
    const last = this.#last;
    // Inside a long native call a process reads nothing: what was true before is the best guess.
    if (reading !== undefined && reading.atMs === last?.atMs) return this.#percent;
    this.#last = reading;
    const isNext = reading !== undefined && last !== undefined && reading.cpuMs >= last.cpuMs;
    const elapsedMs = isNext ? reading.atMs - last.atMs : 0;
    this.#percent =
      isNext && elapsedMs > 0 ? (100 * (reading.cpuMs - last.cpuMs)) / elapsedMs : null;
    return this.#percent;
  }
}
