import { describe, expect, it } from 'vitest';
import { ContinuousBatcher } from './continuous-batcher.js';
import type { FinishedSequence, SequenceRequest } from './generation.js';
import type { Choice, ImageFeatures, ModelRunner, PrefillRequest, Step } from './model-runner.js';

const EOS = 1;
const IMAGE: ImageFeatures = { data: new Float32Array(2), tokens: 1, width: 2 };
const choice = (token: number): Choice => ({ token, logProbability: -token });

/**
 * A model that counts: after prefix [image, n] come n + 1, n + 2, ... It writes down every call, fails when two
 * overlap, and can be told to fail or to call back at a step.
 */
class CountingRunner implements ModelRunner {
  readonly memory = { held: 0, limit: 0 };
  readonly calls: string[] = [];
  readonly inUse = new Set<number>();
  atCall: (call: string) => void = () => undefined;
  #isBusy = false;

  constructor(readonly slots: number) {}

  encode(pixels: Uint8Array): Promise<ImageFeatures> {
    return this.#call(`encode ${pixels[0]}`, () => IMAGE);
  }

  prefill({ slot, prefix }: PrefillRequest): Promise<Choice> {
    return this.#call(`prefill ${prefix[1]} in ${slot}`, () => {
      expect(this.inUse.has(slot)).toBe(false);
      this.inUse.add(slot);
      return choice(prefix[1]! + 1);
    });
  }

  decode(steps: ReadonlyMap<number, Step>): Promise<ReadonlyMap<number, readonly Choice[]>> {
    const step = [...steps].map(([slot, { token }]) => `${slot}:${token}`).toSorted();
    return this.#call(`decode ${step}`, () => {
      expect([...steps.keys()].every((slot) => this.inUse.has(slot))).toBe(true);
      return new Map([...steps].map(([slot, { token }]) => [slot, [choice(token + 1)]]));
    });
  }

  free(slot: number): void {
    this.inUse.delete(slot);
  }

  async close(): Promise<void> {}

  async #call<Result>(call: string, answer: () => Result): Promise<Result> {
    expect(this.#isBusy).toBe(false);
    this.#isBusy = true;
    this.calls.push(call);
    await Promise.resolve();
    this.#isBusy = false;
    this.atCall(call);
    return answer();
  }
}

function setup(slots: number) {
  const runner = new CountingRunner(slots);
  const batcher = new ContinuousBatcher(runner);
  const ask = (start: number, maxNewTokens: number, more: Partial<SequenceRequest> = {}) =>
    batcher.generate({
      image: IMAGE,
      prefix: [0, start],
      maxNewTokens,
      eosId: EOS,
      priority: 0,
      ...more,
    });
  return { runner, batcher, ask };
}
const tokensOf = ({ tokens }: FinishedSequence): string => tokens.join(' ');

describe('ContinuousBatcher', () => {
  it('ends at the length asked for', async () => {
    const { ask, runner } = setup(2);
    const finished = await ask(10, 3);
    expect(finished).toMatchObject({
      tokens: [11, 12, 13],
      logProbabilities: [-11, -12, -13],
      endReason: 'length',
    });
    expect(runner.inUse.size).toBe(0);
  });

  it('ends at the eos, which stays among the tokens', async () => {
    const { ask } = setup(2);
    expect(await ask(-2, 9)).toMatchObject({ tokens: [-1, 0, EOS], endReason: 'eos' });
    expect(await ask(0, 9)).toMatchObject({ tokens: [EOS], endReason: 'eos' });
  });

  it('gives a slot to the next in line before the next step', async () => {
    const { ask, runner } = setup(2);
    const answers = await Promise.all([ask(10, 2), ask(20, 4), ask(30, 2), ask(40, 1)]);
    expect(answers.map(tokensOf)).toEqual(['11 12', '21 22 23 24', '31 32', '41']);
    expect(runner.calls).toEqual([
      'prefill 10 in 0',
      'prefill 20 in 1',
      'decode 0:11,1:21',
      'prefill 30 in 0',
      'decode 0:31,1:22',
      'prefill 40 in 0',
      'decode 1:23',
    ]);
  });

  it('lets urgent work go ahead at the next free slot', async () => {
    const { ask, runner } = setup(1);
    await Promise.all([ask(10, 1), ask(20, 1), ask(30, 1, { priority: 10 })]);
    expect(runner.calls).toEqual(['prefill 30 in 0', 'prefill 10 in 0', 'prefill 20 in 0']);
  });

  it('starts again after it ran out of work, even in the same moment', async () => {
    const { ask } = setup(1);
    let last = await ask(0, 2);
    for (let round = 0; round < 5; round++) last = await ask(10 * round + 10, 2);
    expect(tokensOf(last)).toBe('51 52');
  });

  it('serves the event loop between two steps', async () => {
    const { ask } = setup(1);
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await ask(10, 50);
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(49);
  });

  it('ends a cancelled sequence between two steps, and its mates go on', async () => {
    const { ask, runner } = setup(2);
    const controller = new AbortController();
    runner.atCall = (call) => call.includes('0:12') && controller.abort();
    const [cancelled, mate, next] = await Promise.all([
      ask(10, 50, { signal: controller.signal }),
      ask(20, 6),
      ask(30, 2),
    ]);
    expect(cancelled).toMatchObject({ tokens: [11, 12, 13], endReason: 'cancelled' });
    expect(tokensOf(mate!)).toBe('21 22 23 24 25 26');
    expect(runner.calls).toContain('prefill 30 in 0');
    expect(tokensOf(next!)).toBe('31 32');
  });

  it('never starts what was cancelled while it waited', async () => {
    const { ask, runner } = setup(1);
    const controller = new AbortController();
    controller.abort();
    const [, waiting] = await Promise.all([ask(10, 3), ask(20, 3, { signal: controller.signal })]);
    expect(waiting).toMatchObject({ tokens: [], endReason: 'cancelled' });
    expect(runner.calls.join()).not.toContain('prefill 20');
  });

  it('fails one sequence alone when its prefill fails', async () => {
    const { ask, runner } = setup(2);
    runner.atCall = (call) => {
      if (call.startsWith('prefill 20')) throw new Error('no memory');
    };
    const [good, bad, next] = await Promise.allSettled([ask(10, 3), ask(20, 3), ask(30, 3)]);
    expect(good).toMatchObject({ value: { tokens: [11, 12, 13] } });
    expect(bad).toMatchObject({ reason: { message: 'no memory' } });
    expect(next).toMatchObject({ value: { tokens: [31, 32, 33] } });
  });

  it('fails every sequence of a step that fails, and takes new ones', async () => {
    const { ask, runner } = setup(2);
    runner.atCall = (call) => {
      if (call === 'decode 0:11,1:21') throw new Error('step failed');
    };
    const settled = await Promise.allSettled([ask(10, 3), ask(20, 3), ask(30, 2)]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(runner.inUse.size).toBe(0);
  });

  it('encodes pictures in the same loop, urgent ones first', async () => {
    const { batcher, runner, ask } = setup(1);
    const encode = (n: number, priority: number) => batcher.encode(Uint8Array.of(n), priority);
    await Promise.all([ask(10, 3), encode(1, 0), encode(2, 0), encode(3, 7)]);
    expect(runner.calls).toEqual([
      'encode 3',
      'prefill 10 in 0',
      'decode 0:11',
      'encode 1',
      'decode 0:12',
      'encode 2',
    ]);
  });

  it('fails a picture alone when the vision tower fails', async () => {
    const { batcher, runner } = setup(1);
    runner.atCall = (call) => {
      if (call === 'encode 1') throw new Error('bad picture');
    };
    const settled = await Promise.allSettled([
      batcher.encode(Uint8Array.of(1), 0),
      batcher.encode(Uint8Array.of(2), 0),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('closes after the running step: everything else ends as cancelled, and nothing new starts', async () => {
    const { batcher, runner, ask } = setup(1);
    let closing: Promise<void> | undefined;
    runner.atCall = (call) => {
      if (call === 'decode 0:11') closing = batcher.close();
    };
    const [active, waiting] = await Promise.all([ask(10, 50), ask(20, 50)]);
    await closing;
    expect(active).toMatchObject({ tokens: [11, 12], endReason: 'cancelled' });
    expect(waiting).toMatchObject({ tokens: [], endReason: 'cancelled' });
    expect(() => ask(30, 1)).toThrow(expect.objectContaining({ code: 'engine.closed' }));
    expect(runner.inUse.size).toBe(0);
  });
});
