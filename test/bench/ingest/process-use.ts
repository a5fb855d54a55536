import { readFileSync } from 'node:fs';
import { peakMemoryBytes } from '../../rig/process.js';

const SAMPLE_MS = 100;
/** Of Linux on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;
const UTIME = 11;

/** Processor time that a process has used so far, user and system, seconds (Linux). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the name, may hold blanks; it ends in the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[UTIME + 1])) / TICKS_PER_SECOND;
}

/** Resident memory of a process, looked at ten times a second until it is read. */
export class MemorySamples {
  readonly #baseline: number;
  readonly #seen: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.#baseline = residentBytes(pid);
    this.#timer = setInterval(() => this.#seen.push(residentBytes(pid)), SAMPLE_MS);
  }

  /** Output, megabytes: resident before, at its most, and the medians of the first and the last quarter. */
  stop() {
    clearInterval(this.#timer);
    this.#seen.push(residentBytes(this.pid));
    const quarter = Math.ceil(this.#seen.length / 4);
    const peak = Math.max(peakMemoryBytes(this.pid), ...this.#seen);
    return {
      baseline_mb: megabytes(this.#baseline),
      peak_mb: megabytes(peak),
      grown_mb: megabytes(peak - this.#baseline),
      first_quarter_mb: megabytes(median(this.#seen.slice(0, quarter))),
      last_quarter_mb: megabytes(median(this.#seen.slice(-quarter))),
    };
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function residentBytes(pid: number): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
