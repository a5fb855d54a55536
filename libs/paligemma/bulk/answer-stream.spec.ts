import { getEventListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, type Task } from '#contracts';
import type { AnswerRequest, Generation } from '../generation/answer-request.js';
import { checkpointFolder } from '../golden-fixture.js';
import { decodeImage } from '../image/decode.js';
import { resizeBicubic } from '../image/resize.js';
import { PaliGemma } from '../paligemma.js';
import { answerStream, type AnsweringEngine } from './answer-stream.js';
import type { BulkRequest } from './bulk-answer.js';

const photograph = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/photos/${name}.jpg`, import.meta.url));
const PIXELS = { data: new Uint8Array(12), width: 2, height: 2 };

/** Answers when it is told to, or refuses a prompt that is called bad. */
class ManualEngine implements AnsweringEngine {
  readonly imageSize = 2;
  readonly asked: AnswerRequest[] = [];
  encodings = 0;
  readonly #waiting = new Map<string, (generation: Generation) => void>();

  async encode() {
    this.encodings++;
    return { data: new Float32Array(2), tokens: 1, width: 2 };
  }

  answer(request: AnswerRequest): Promise<Generation> {
    this.asked.push(request);
    const prompt = request.prompt!;
    if (prompt === 'bad') return Promise.reject(new AppError('prompt.too_long', 'Too long.'));
    if (prompt === 'bug') return Promise.reject(new TypeError('a bug'));
    return new Promise((resolve) => {
      this.#waiting.set(prompt, resolve);
      request.signal?.addEventListener('abort', () => this.finish(prompt, 'cancelled'));
    });
  }

  finish(prompt: string, endReason: Generation['endReason'] = 'eos'): void {
    this.#waiting.get(prompt)!({
      prompt,
      text: prompt,
      tokens: [5],
      pieces: [prompt],
      logProbabilities: [0],
      endReason,
      promptTokens: 3,
      timings: { queuedMs: 0, prefillMs: 0, decodeMs: 0 },
    });
  }

  /** Resolves when so many questions have come. */
  async untilAsked(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise(setImmediate);
  }
}

function* ask(prompts: readonly string[], taken: string[] = []): Generator<BulkRequest> {
  for (const prompt of prompts) {
    taken.push(prompt);
    yield { image: PIXELS, prompt };
  }
}

describe('answerStream', () => {
  it('yields answers when they are done, with the place of their request', async () => {
    const engine = new ManualEngine();
    const stream = answerStream(engine, ask(['a', 'b', 'c']), 8);
    const first = stream.next();
    await engine.untilAsked(3);
    engine.finish('b');
    expect((await first).value).toMatchObject({ index: 1, text: 'b', confidence: 1 });
    engine.finish('c');
    engine.finish('a');
    const rest = [(await stream.next()).value, (await stream.next()).value];
    expect(rest.map((answer) => answer!.index).toSorted()).toEqual([0, 2]);
    expect(await stream.next()).toMatchObject({ done: true });
  });

  it('takes no more requests than it may look ahead', async () => {
    const engine = new ManualEngine();
    const taken: string[] = [];
    const stream = answerStream(engine, ask(['a', 'b', 'c', 'd'], taken), 2);
    const first = stream.next();
    await engine.untilAsked(2);
    await new Promise(setImmediate);
    expect(taken).toEqual(['a', 'b']);
    engine.finish('a');
    await first;
    // Yielded is not asked for: the consumer has not come back.
    expect(taken).toEqual(['a', 'b']);
    const second = stream.next();
    await engine.untilAsked(3);
    expect(taken).toEqual(['a', 'b', 'c']);
    engine.finish('b');
    await second;
    engine.finish('c');
    await stream.return();
  });

  it('does not keep an answer back while the source is slow', async () => {
    const engine = new ManualEngine();
    async function* slow(): AsyncGenerator<BulkRequest> {
      yield { image: PIXELS, prompt: 'a' };
      await new Promise(() => undefined);
    }
    const stream = answerStream(engine, slow(), 4);
    const first = stream.next();
    await engine.untilAsked(1);
    engine.finish('a');
    expect((await first).value).toMatchObject({ text: 'a' });
  });

  it('costs a bad request itself', async () => {
    const engine = new ManualEngine();
    const requests = [{ image: '/nowhere.jpg', prompt: 'x' }, ...ask(['bad', 'good'])];
    const outcomes = new Map<number, unknown>();
    const stream = answerStream(engine, requests, 8);
    void engine.untilAsked(2).then(() => engine.finish('good'));
    for await (const outcome of stream) outcomes.set(outcome.index, outcome.error?.code);
    expect([0, 1, 2].map((index) => outcomes.get(index))).toEqual([
      'image.unreadable',
      'prompt.too_long',
      undefined,
    ]);
  });

  it('ends the whole by an error that is no request’s fault, and cancels the rest', async () => {
    const engine = new ManualEngine();
    const stream = answerStream(engine, ask(['a', 'bug']), 8);
    await expect(stream.next()).rejects.toThrow('a bug');
    expect(engine.asked[0]!.signal!.aborted).toBe(true);
  });

  it('cancels what is under way, and closes the source, when the loop is left', async () => {
    const engine = new ManualEngine();
    let isClosed = false;
    function* source(): Generator<BulkRequest> {
      try {
        yield* ask(['a', 'b', 'c', 'd', 'e']);
      } finally {
        isClosed = true;
      }
    }
    void engine.untilAsked(3).then(() => engine.finish('a'));
    for await (const { index } of answerStream(engine, source(), 3)) {
      expect(index).toBe(0);
      break;
    }
    expect(isClosed).toBe(true);
    expect(engine.asked.map(({ signal }) => signal!.aborted)).toEqual([true, true, true]);
  });

  it('encodes an image once for requests that share it', async () => {
    const engine = new ManualEngine();
    const stream = answerStream(engine, ask(['a', 'b', 'c', 'd', 'e', 'f']), 8);
    const first = stream.next();
    await engine.untilAsked(6);
    expect(engine.encodings).toBe(1);
    for (const prompt of 'abcdef') engine.finish(prompt);
    await first;
    await stream.return();
  });

  it('leaves no listeners on a signal that many requests share', async () => {
    const engine = new ManualEngine();
    const controller = new AbortController();
    const requests = 'abcdefgh'
      .split('')
      .map((prompt) => ({ image: PIXELS, prompt, signal: controller.signal }));
    void engine
      .untilAsked(8)
      .then(() => 'abcdefgh'.split('').forEach((prompt) => engine.finish(prompt)));
    for await (const { error } of answerStream(engine, requests, 8)) expect(error).toBeUndefined();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('PaliGemma.generate', () => {
  let model: PaliGemma;
  beforeAll(async () => {
    model = await PaliGemma.load(checkpointFolder('tiny-paligemma'), { slots: 3 });
  });
  afterAll(() => model.close());

  it('gives for any mix what `answer` gives for each', async () => {
    const names = ['cat', 'rocket', 'coffee'];
    const request = fc.record({
      image: fc.constantFrom(...names).map(photograph),
      prompt: fc.constantFrom('caption en', 'ocr', 'detect cat'),
      maxNewTokens: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (requests, lookAhead) => {
          const tokens = new Map<number, readonly number[]>();
          for await (const answer of model.generate(requests, { lookAhead })) {
            if (answer.error) throw answer.error;
            tokens.set(answer.index, answer.tokens);
          }
          expect(tokens.size).toBe(requests.length);
          for (const [index, { image, ...question }] of requests.entries()) {
            for await (const alone of model.generate([{ image, ...question }])) {
              expect('tokens' in alone && alone.tokens).toEqual(tokens.get(index));
            }
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('reads boxes in pixels of the picture, and of the square for features', async () => {
    const bytes = await readFile(photograph('cat'));
    const { width, height } = await decodeImage(bytes);
    const square = resizeBicubic(
      await decodeImage(bytes),
      model.info.imageSize,
      model.info.imageSize,
    );
    const features = await model.encode(square.data);
    const task: Task = { type: 'detect', labels: ['cat', 'dog'] };
    const requests = [bytes, features].map((image) => ({ image, task, maxNewTokens: 60 }));
    const scales = [
      [width, height],
      [model.info.imageSize, model.info.imageSize],
    ];
    for await (const answer of model.generate(requests)) {
      if (answer.error) throw answer.error;
      expect(answer.boxes.length).toBeGreaterThan(0);
      const [across, down] = scales[answer.index]! as [number, number];
      for (const { box, pixels } of answer.boxes) {
        expect(pixels).toEqual(box.map((side, n) => side * (n % 2 === 0 ? across : down)));
      }
    }
  });
});
