import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { AppError } from '#contracts';
import type { FinishedSequence, SequenceRequest } from './generation.js';
import { PictureToEncode } from './picture-to-encode.js';
import type { Choice, ImageFeatures, ModelRunner } from './model-runner.js';
import { planTurn, type Turn } from './plan-turn.js';
import { Sequence } from './sequence.js';
import { WaitingLine } from './waiting-line.js';

/**
 * The engine's loop: one for pictures and prompts, so the model is never entered twice.
 *
 * A sequence is waiting -> in a slot -> finished. It enters a free slot by prefill, gets one token with every decode
 * step of all slots together, and leaves at eos, at its length, or when it is cancelled; the next takes its slot
 * before the following step. The loop runs while there is work and holds nothing when there is none. `session.run`
 * blocks the thread: between two turns the event loop is served, which is also when cancellations are seen.
 */
export class ContinuousBatcher {
  readonly #prompts = new WaitingLine<Sequence>();
  readonly #pictures = new WaitingLine<PictureToEncode>();
  readonly #slots = new Map<number, Sequence>();
  #encodedSinceStep = 0;
  #loop: Promise<void> | undefined;
  #isClosed = false;

  constructor(private readonly runner: ModelRunner) {}

  /** Errors: `engine.closed`, and whatever the runner throws. */
  encode(pixels: Uint8Array, priority: number): Promise<ImageFeatures> {
    this.#mustBeOpen();
    const picture = new PictureToEncode(pixels, priority);
    this.#pictures.add(picture);
    this.#wake();
    return picture.result;
  }

  /** Errors: `engine.closed`, and whatever the runner throws. A cancelled sequence is a result, not an error. */
  generate(request: SequenceRequest): Promise<FinishedSequence> {
    this.#mustBeOpen();
    const sequence = new Sequence(request);
    this.#prompts.add(sequence);
    this.#wake();
    return sequence.result;
  }

  /** Lets the running turn end, then ends everything else as cancelled. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#loop;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw closed();
  }

  #wake(): void {
    this.#loop ??= this.#run();
  }

  async #run(): Promise<void> {
    for (;;) {
      await yieldToEventLoop();
      this.#dropCancelled();
      const turn = this.#plan();
      if (turn === 'idle') {
        // In the same breath as the look at the lines: whoever comes next must find no loop, and start one.
        this.#loop = undefined;
        return;
      }
      if (turn === 'prefill') await this.#prefill();
      else if (turn === 'encode') await this.#encode();
      else await this.#decode();
    }
  }

  #plan(): Turn {
    return planTurn({
      activeSlots: this.#slots.size,
      freeSlots: this.runner.slots - this.#slots.size,
      promptPriority: this.#prompts.first?.priority,
      imagePriority: this.#pictures.first?.priority,
      encodedSinceStep: this.#encodedSinceStep,
    });
  }

  async #encode(): Promise<void> {
    const picture = this.#pictures.takeFirst()!;
    this.#encodedSinceStep++;
    try {
      picture.finish(await this.runner.encode(picture.pixels));
    } catch (error) {
      picture.fail(error);
    }
  }

  async #prefill(): Promise<void> {
    const sequence = this.#prompts.takeFirst()!;
    const { image, prefix } = sequence.request;
    const slot = this.#lowestFreeSlot();
    this.#slots.set(slot, sequence);
    sequence.startPrefill();
    try {
      const { maxTokens, selection } = sequence;
      const choice = await this.runner.prefill({ slot, image, prefix, maxTokens, selection });
      this.#accept(slot, [choice]);
    } catch (error) {
      this.#leave(slot).fail(error);
    }
  }

  async #decode(): Promise<void> {
    this.#encodedSinceStep = 0;
    const steps = new Map([...this.#slots].map(([slot, sequence]) => [slot, sequence.nextStep]));
    try {
      for (const [slot, choices] of await this.runner.decode(steps)) this.#accept(slot, choices);
    } catch (error) {
      // Nobody knows how far the step came: none of its sequences can go on.
      for (const slot of this.#slots.keys()) this.#leave(slot).fail(error);
    }
  }

  #accept(slot: number, choices: readonly Choice[]): void {
    const sequence = this.#slots.get(slot)!;
    for (const choice of choices) {
      const endReason = sequence.accept(choice);
      if (endReason) return this.#leave(slot).finish(endReason);
    }
  }

  #dropCancelled(): void {
    const isOver = (item: { readonly isCancelled: boolean }): boolean =>
      this.#isClosed || item.isCancelled;
    for (const [slot, sequence] of this.#slots) {
      if (isOver(sequence)) this.#leave(slot).finish('cancelled');
    }
    for (const sequence of this.#prompts.takeWhere(isOver)) sequence.finish('cancelled');
    if (!this.#isClosed) return;
    for (const picture of this.#pictures.takeWhere(() => true)) picture.fail(closed());
  }

  /** The decode step reaches up to the highest slot in use: fill from below. */
  #lowestFreeSlot(): number {
    let slot = 0;
    while (this.#slots.has(slot)) slot++;
    return slot;
  }

  #leave(slot: number): Sequence {
    const sequence = this.#slots.get(slot)!;
    this.#slots.delete(slot);
    this.runner.free(slot);
    return sequence;
  }
}

function closed(): AppError {
  return new AppError('engine.closed', 'The engine is shut down. Load the model again.', {
    retryable: true,
  });
}
