/**
 * Mixed work on PaliGemma 3B in int8: half detections of 6 to 200 tokens, half captions of 15 to 60. Continuous batching
 * beside waiting for each batch to end, with the same engine in the same process; then six tasks about one image.
 *
 * Predictions and figures: test/bench/README.md.
 */
import { PaliGemma, type ImageFeatures } from '#paligemma';
import { FOLDER, prepareEngine } from '../engine/prepare-engine.js';

const SLOTS = 8;
const REQUESTS = Number(process.env['BENCH_REQUESTS'] ?? 32);
const TASKS = ['caption en', 'detect cat', 'ocr', 'answer en what', 'segment dog', 'caption fr'];

interface Request {
  readonly pixels: Uint8Array;
  readonly prompt: string;
  readonly maxNewTokens: number;
}

const model = await PaliGemma.load(await prepareEngine(FOLDER), { slots: SLOTS });
const random = generator(1);
const requests = Array.from({ length: REQUESTS }, (_, index): Request => {
  const [prompt, least, most] =
    index % 2 === 0 ? (['detect abc', 6, 200] as const) : (['caption en', 15, 60] as const);
  return {
    pixels: picture(),
    prompt,
    maxNewTokens: least + Math.floor(random() * (most - least + 1)),
  };
});

const continuous = await timed(() => Promise.all(requests.map(answer)));
const waiting = await timed(async () => {
  const tokens: number[] = [];
  for (let first = 0; first < requests.length; first += SLOTS) {
    tokens.push(...(await Promise.all(requests.slice(first, first + SLOTS).map(answer))));
  }
  return tokens;
});
if (continuous.result.join() !== waiting.result.join())
  throw new Error('the two ways gave other lengths');
const six = await sixTasks();
await model.close();
console.log(
  JSON.stringify({
    bench: 'continuous',
    requests: REQUESTS,
    slots: SLOTS,
    tokens: continuous.result.reduce((sum, tokens) => sum + tokens, 0),
    images_per_second: [round(REQUESTS / continuous.seconds), round(REQUESTS / waiting.seconds)],
    ratio: round(waiting.seconds / continuous.seconds),
    six_tasks: six,
  }),
);

async function answer({ pixels, prompt, maxNewTokens }: Request): Promise<number> {
  const image = await model.encode(pixels);
  return (await model.answer({ image, prompt, maxNewTokens, stopsRepetition: false })).tokens
    .length;
}

/** Six tasks with one encoding, and what the encoding is of the whole. */
async function sixTasks() {
  let encodings = 0;
  const encode = (pixels: Uint8Array): Promise<ImageFeatures> => {
    encodings++;
    return model.encode(pixels);
  };
  const pixels = picture();
  const encoding = await timed(() => encode(pixels));
  const answers = await timed(() =>
    Promise.all(
      TASKS.map((prompt) => model.answer({ image: encoding.result, prompt, maxNewTokens: 18 })),
    ),
  );
  return {
    encodings,
    encode_seconds: round(encoding.seconds),
    answers_seconds: round(answers.seconds),
  };
}

async function timed<Result>(
  run: () => Promise<Result>,
): Promise<{ seconds: number; result: Result }> {
  const startedAt = performance.now();
  const result = await run();
  return { seconds: (performance.now() - startedAt) / 1e3, result };
}

function picture(): Uint8Array {
  const { imageSize } = model.info;
  return Uint8Array.from({ length: imageSize * imageSize * 3 }, () => Math.floor(random() * 256));
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
