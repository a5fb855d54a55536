import { execFile } from 'node:child_process';
import type { GpuReport } from '#contracts';

const PATIENCE_MS = 2_000;
const FIELDS = 'name,utilization.gpu,memory.used,memory.total';
const MEBIBYTE = 2 ** 20;

/** Runs the driver's own tool. Output: what it printed. */
export type RunSmi = (args: readonly string[]) => Promise<string>;

/**
 * Figures of the GPU that this worker computes on, as NVIDIA's tool tells them. Other makers have none that is there
 * everywhere, so of their GPUs nothing is known.
 */
export class GpuReader {
  readonly #args: readonly string[];
  #isAbsent: boolean;

  constructor(
    options: { readonly provider: string; readonly gpu: string | undefined },
    private readonly run: RunSmi = runSmi,
  ) {
    this.#isAbsent = options.provider === 'cpu';
    this.#args = [
      `--query-gpu=${FIELDS}`,
      '--format=csv,noheader,nounits',
      ...(options.gpu === undefined ? [] : ['-i', options.gpu]),
    ];
  }

  /** Null where there is no such GPU, or it does not answer now. Never fails. */
  async read(): Promise<GpuReport | null> {
    if (this.#isAbsent) return null;
    try {
      return parseSmi(await this.run(this.#args));
    } catch (error) {
      // A machine without the tool gets none while we run.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        this.#isAbsent = true;
      }
      return null;
    }
  }
}

/** Input: lines of values, one a GPU. Output: the first. `[N/A]` stands for what a GPU does not tell. */
export function parseSmi(text: string): GpuReport | null {
  const [name, percent, used, total] = (text.split('\n')[0] ?? '').split(',').map((v) => v.trim());
  if (name === undefined || name === '' || total === undefined) return null;
  return {
    name,
    percent: numberOf(percent),
    memory_bytes: bytesOf(used),
    memory_total_bytes: bytesOf(total),
  };
}

const numberOf = (text = ''): number | null => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : null);

function bytesOf(text: string | undefined): number | null {
  const mebibytes = numberOf(text);
  return mebibytes === null ? null : Math.round(mebibytes * MEBIBYTE);
}

const runSmi: RunSmi = (args) =>
  new Promise((resolve, reject) => {
    execFile('nvidia-smi', [...args], { timeout: PATIENCE_MS }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
