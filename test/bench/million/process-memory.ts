import { readFileSync } from 'node:fs';
import { hostsOf, peakMemoryBytes } from '../../rig/process.js';
import type { System } from '../../rig/system.js';

const SAMPLE_MS = 500;

export interface ProcessMemory {
  /** Resident, megabytes: the median of what was seen, and the most that the process ever had. */
  readonly median_mb: number;
  readonly peak_mb: number;
}

/** Looks at the resident memory of every process of a system, twice a second, until it is read. */
export class MemoryWatch {
  readonly #seen = new Map<string, number[]>();
  readonly #processes: ReadonlyMap<string, number>;
  readonly #timer: NodeJS.Timeout;

  constructor(system: System) {
    this.#processes = processesOf(system);
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  /** Input: none. Output: by process, in the order api, dispatcher, worker, host. Looks no more after it. */
  stop(): Record<string, ProcessMemory> {
    clearInterval(this.#timer);
    this.#look();
    return Object.fromEntries(
      [...this.#processes].map(([name, pid]) => {
        const seen = this.#seen.get(name)!.toSorted((a, b) => a - b);
        const median = seen[Math.floor(seen.length / 2)]!;
        return [name, { median_mb: megabytes(median), peak_mb: megabytes(peakMemoryBytes(pid)) }];
      }),
    );
  }

  #look(): void {
    for (const [name, pid] of this.#processes) {
      const seen = this.#seen.get(name) ?? [];
      seen.push(residentBytes(pid));
      this.#seen.set(name, seen);
    }
  }
}

function processesOf(system: System): ReadonlyMap<string, number> {
  const [worker] = [...system.workers];
  return new Map([
    ['api', system.api.pid],
    ['dispatcher', system.dispatcher.pid],
    ['worker', worker!.pid],
    ['host', hostsOf(worker!.pid)[0]!],
  ]);
}

function residentBytes(pid: number): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
