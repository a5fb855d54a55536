import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type {
  FromTrainingHost,
  ToTrainingHost,
  TrainingFailure,
  TrainingOrder,
  TrainingProgress,
} from '#contracts';
import { endWithParent } from './process-life.js';

export interface TrainingProcessOptions {
  /** Compiled entry of the training host. */
  readonly entry: string;
  readonly order: TrainingOrder;
  /** Path of a module that exports another `train`. */
  readonly trainModule?: string;
  /** One that says nothing for so long is killed; default: never. */
  readonly silenceMs?: number;
  readonly onProgress: (progress: TrainingProgress) => void;
  readonly onImport?: (done: { readonly bytes: number; readonly total: number }) => void;
}

export type TrainingEnd =
  | Extract<FromTrainingHost, { type: 'ended' }>
  | { readonly type: 'failed'; readonly failure: TrainingFailure }
  /** Killed, out of memory, a fault of the runtime: nobody was left to say. `how` is for people. */
  | { readonly type: 'crashed'; readonly how: string };

const KEPT_LINES = 20;

/**
 * One training as a process of its own: computing blocks its thread and a native crash ends it. It gets no
 * secrets, and it dies with us.
 */
export class TrainingProcess {
  readonly #child: ChildProcess;
  /** Never rejects. */
  readonly ended: Promise<TrainingEnd>;

  constructor(options: TrainingProcessOptions) {
    const { entry, trainModule } = options;
    this.#child = fork(entry, trainModule === undefined ? [] : [trainModule], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: hostEnvironment(),
    });
    endWithParent(this.#child, 'KILL', 1);
    this.ended = this.#follow(options);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It ends after the update under way, with a checkpoint. */
  stop(): void {
    this.#send({ type: 'stop' });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #follow(options: TrainingProcessOptions): Promise<TrainingEnd> {
    const { order, onProgress, onImport, silenceMs } = options;
    const child = this.#child;
    let isSilent = false;
    // Perhaps it was us who stood still: what it has said meanwhile is read before `setImmediate` comes.
    const look = (): void => {
      isSilent = true;
      setImmediate(() => isSilent && this.kill());
    };
    const watchdog = silenceMs === undefined ? undefined : setTimeout(look, silenceMs);
    const lastWords: string[] = [];
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        lastWords.push(line);
        if (lastWords.length > KEPT_LINES) lastWords.shift();
      });
    }
    let end: TrainingEnd | undefined;
    child.on('message', (message: FromTrainingHost) => {
      isSilent = false;
      watchdog?.refresh();
      if (message.type === 'ready') this.#send({ type: 'train', order });
      else if (message.type === 'progress') onProgress(message.progress);
      else if (message.type === 'importing') onImport?.(message);
      else if (message.type === 'ended' || message.type === 'failed') end = message;
    });
    return new Promise((resolve) => {
      child.once('error', (error) => resolve({ type: 'crashed', how: error.message }));
      // Not `exit`: messages and last words may still be on their way then.
      child.once('close', (code, signal) => {
        clearTimeout(watchdog);
        const how = [`ended with ${signal ?? `code ${code}`}`, ...lastWords].join('\n');
        resolve(end ?? { type: 'crashed', how });
      });
    });
  }

  #send(message: ToTrainingHost): void {
    // A failed send means that it is dying: its end follows.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

/** What drivers of GPUs are told by, and nothing else. */
const HOST_VARIABLE = /^(PATH|NODE_ENV|HOME|LD_LIBRARY_PATH|(VK|XDG|MESA|NVIDIA|CUDA)_\w+)$/;

function hostEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => HOST_VARIABLE.test(name)),
  );
}
