import { AppError } from '#contracts';
import { openProgress, type Progress, type ProgressStream } from './progress.js';
import { Table, type Column } from './table.js';

export interface OutputStream extends ProgressStream {
  columns?: number;
}

/** Where a command writes: data on stdout, all else on stderr. */
export class Output {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #hasColour: boolean;

  constructor(stdout: OutputStream, stderr: OutputStream, env: NodeJS.ProcessEnv) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#hasColour = hasColour(stdout, env);
    // Write errors come to the callback of `data`; without a listener they would also end the process.
    stdout.on('error', () => undefined);
    stderr.on('error', () => undefined);
  }

  /**
   * Resolves when it is on its way, so that a slow reader slows us down.
   * Errors: `cli.pipe_closed` when the reader is gone (`| head`).
   */
  data(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stdout.write(text, (error) => (error ? reject(pipeError(error)) : resolve()));
    });
  }

  json(value: unknown): Promise<void> {
    return this.data(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** For people: never part of the data. */
  note(line: string): void {
    this.#stderr.write(`${line}\n`);
  }

  progress(label: string): Progress {
    return openProgress({ label, stream: this.#stderr });
  }

  table(columns: readonly Column[]): Table {
    const width = this.#stdout.isTTY ? (this.#stdout.columns ?? 100) : undefined;
    return new Table(columns, { width, hasColour: this.#hasColour });
  }
}

/** https://no-color.org, and FORCE_COLOR as Node itself reads it. */
function hasColour(stream: OutputStream, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

function pipeError(error: Error): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') return error;
  return new AppError('cli.pipe_closed', 'Nobody reads the output any more.', { cause: error });
}
