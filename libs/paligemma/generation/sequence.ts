import type { EndReason, FinishedSequence, Sampling, SequenceRequest } from './generation.js';
import type { Choice, Selection, Step } from './model-runner.js';
import { randomStream } from './random-stream.js';

/** One answer in the making, and the promise of whoever waits for it. */
export class Sequence {
  readonly result: Promise<FinishedSequence>;
  readonly #tokens: number[] = [];
  readonly #logProbabilities: number[] = [];
  readonly #arrivedAt = performance.now();
  readonly #selection: Selection;
  #prefillStartedAt: number | undefined;
  #prefillEndedAt: number | undefined;
  #resolve!: (finished: FinishedSequence) => void;
  #reject!: (error: unknown) => void;

  constructor(readonly request: SequenceRequest) {
    this.#selection = selectionOf(request.sampling);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get priority(): number {
    return this.request.priority;
  }

  get selection(): Selection {
    const { constraint } = this.request;
    return constraint ? { kind: 'constrained', allowed: constraint.allowed } : this.#selection;
  }

  /** What the model reads and chooses next. */
  get nextStep(): Step {
    return { token: this.#tokens.at(-1)!, selection: this.selection };
  }

  get maxTokens(): number {
    return this.request.prefix.length + this.request.maxNewTokens;
  }

  get isCancelled(): boolean {
    return this.request.signal?.aborted ?? false;
  }

  startPrefill(): void {
    this.#prefillStartedAt = performance.now();
  }

  /** Takes a token; tells why the answer ends with it, if it does. */
  accept(choice: Choice): EndReason | undefined {
    this.#prefillEndedAt ??= performance.now();
    this.#tokens.push(choice.token);
    this.#logProbabilities.push(choice.logProbability);
    const { eosId, constraint, isRepetition } = this.request;
    if (choice.token === eosId) return 'eos';
    constraint?.take(choice.token);
    if (isRepetition?.(choice.token)) return 'repetition';
    return this.#tokens.length === this.request.maxNewTokens ? 'length' : undefined;
  }

  finish(endReason: EndReason): void {
    const now = performance.now();
    const started = this.#prefillStartedAt ?? now;
    const ended = this.#prefillEndedAt ?? now;
    this.#resolve({
      tokens: this.#tokens,
      logProbabilities: this.#logProbabilities,
      endReason,
      timings: {
        queuedMs: started - this.#arrivedAt,
        prefillMs: ended - started,
        decodeMs: now - ended,
      },
    });
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}

/** A stream of its own for each sequence: what mates draw changes nothing. */
function selectionOf(sampling: Sampling | undefined): Selection {
  if (!sampling) return { kind: 'greedy' };
  const { seed = 0, ...rest } = sampling;
  return { kind: 'sample', ...rest, random: randomStream(seed) };
}
