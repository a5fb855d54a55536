import { AppError } from '#contracts';
import type { AnswerRequest, Generation } from '../generation/answer-request.js';
import { confidenceOf } from '../output/confidence.js';
import { parseOutput } from '../output/parse-output.js';
import type { BulkAnswer, BulkFailure, BulkRequest } from './bulk-answer.js';
import { ImagePool, type ImageEncoder, type PooledImage } from './image-pool.js';

export interface AnsweringEngine extends ImageEncoder {
  answer(request: AnswerRequest): Promise<Generation>;
}

/** Requests of any kind of iterable, sync or async. */
export type Requests<Request> = Iterable<Request> | AsyncIterable<Request>;

type Outcome<Request extends BulkRequest> = BulkAnswer<Request> | BulkFailure<Request>;

/** What happened next: a request came, or an answer is done. */
type Event<Request extends BulkRequest> =
  | { readonly kind: 'request'; readonly result: IteratorResult<Request> }
  | { readonly kind: 'outcome'; readonly outcome: Outcome<Request> };

/**
 * Answers requests as they come, and yields answers as they are done. At most `lookAhead` requests are taken and not yet
 * yielded: so a slow consumer slows the source, and neither list need fit into memory. Whoever stops listening ends what
 * is under way.
 */
export async function* answerStream<Request extends BulkRequest>(
  engine: AnsweringEngine,
  requests: Requests<Request>,
  lookAhead: number,
): AsyncGenerator<Outcome<Request>, void, undefined> {
  const stop = new AbortController();
  const images = new ImagePool(engine, lookAhead);
  const source = iteratorOf(requests);
  const running = new Map<number, Promise<Event<Request>>>();
  let asking: Promise<Event<Request>> | undefined;
  let isExhausted = false;
  let index = 0;
  try {
    for (;;) {
      if (!isExhausted && running.size < lookAhead) asking ??= next(source);
      const events = asking ? [asking, ...running.values()] : [...running.values()];
      if (events.length === 0) return;
      const event = await Promise.race(events);
      if (event.kind === 'outcome') {
        running.delete(event.outcome.index);
        yield event.outcome;
        continue;
      }
      asking = undefined;
      if (event.result.done) isExhausted = true;
      else running.set(index, settle(engine, images, event.result.value, index++, stop.signal));
    }
  } finally {
    stop.abort();
    // Their memory is given back by the engine's own loop; nobody hears how they ended.
    await Promise.allSettled(running.values());
    if (!isExhausted) await source.return?.();
  }
}

function iteratorOf<Request>(requests: Requests<Request>) {
  return Symbol.asyncIterator in requests
    ? requests[Symbol.asyncIterator]()
    : requests[Symbol.iterator]();
}

async function next<Request extends BulkRequest>(
  source: Iterator<Request> | AsyncIterator<Request>,
): Promise<Event<Request>> {
  return { kind: 'request', result: await source.next() };
}

/** Errors other than `AppError` are nobody's request's fault, and end the whole. */
async function settle<Request extends BulkRequest>(
  engine: AnsweringEngine,
  images: ImagePool,
  request: Request,
  index: number,
  stop: AbortSignal,
): Promise<Event<Request>> {
  try {
    const image = await images.get(request.image, request.priority ?? 0);
    const signal = request.signal ? AbortSignal.any([request.signal, stop]) : stop;
    const generation = await engine.answer({ ...request, image: image.features, signal });
    return { kind: 'outcome', outcome: read(generation, image, request, index) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: 'outcome', outcome: { index, request, error } };
  }
}

function read<Request extends BulkRequest>(
  generation: Generation,
  { width, height }: PooledImage,
  request: Request,
  index: number,
): BulkAnswer<Request> {
  const { text: raw, pieces, logProbabilities } = generation;
  const { text, boxes, warnings } = parseOutput(raw, {
    width,
    height,
    defaultLabel: request.task?.type === 'segment' ? request.task.label : undefined,
    tokens: pieces.map((piece, n) => ({ text: piece, logProbability: logProbabilities[n]! })),
  });
  const confidence = confidenceOf(logProbabilities);
  return { ...generation, index, request, raw, text, boxes, warnings, confidence };
}
