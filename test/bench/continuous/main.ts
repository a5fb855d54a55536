/**
 * Mixed work in int8: half detections of 6 to 200 tokens, half captions of 15 to 60. Continuous batching beside waiting
 * for each batch to end, with the same engine in the same process, in the order A B B A; then six tasks about one image.
 * On PaliGemma 3B, where a CPU spends most of its time on reading pictures, and on a small model, where it does not.
 *
 * Predictions and figures: test/bench/README.md.
 */
import { PaliGemma, type ImageFeatures } from '#paligemma';
import { prepareEngine } from '../engine/prepare-engine.js';
import { PALIGEMMA_3B, SMALL, type RandomModel } from '../engine/random-checkpoint.js';

const SLOTS = 8;
/** Of the large model; the small one answers eight times as many. */
const REQUESTS = Number(process.env['BENCH_REQUESTS'] ?? 24);
const TASKS = ['caption en', 'detect cat', 'ocr', 'answer en what', 'segment dog', 'caption fr'];

interface Request {
  readonly pixels: Uint8Array;
  readonly prompt: string;
  readonly maxNewTokens: number;
}

const random = generator(1);
const small = await compare(SMALL, 8 * REQUESTS);
console.log(`small: ${JSON.stringify(small)}`);
console.log(
  JSON.stringify({
    bench: 'continuous',
    slots: SLOTS,
    small,
    paligemma_3b: await compare(PALIGEMMA_3B, REQUESTS),
  }),
);

async function compare(kind: RandomModel, count: number) {
  const model = await PaliGemma.load(await prepareEngine(kind), { slots: SLOTS });
  const requests = Array.from({ length: count }, (_, index) => draw(model, index));
  const continuous = (): Promise<number[]> =>
    Promise.all(requests.map((request) => answer(model, request)));
  const waiting = async (): Promise<number[]> => {
    const tokens: number[] = [];
    for (let first = 0; first < count; first += SLOTS) {
      const batch = requests.slice(first, first + SLOTS);
      tokens.push(...(await Promise.all(batch.map((request) => answer(model, request)))));
    }
    return tokens;
  };
  const a = await timed(continuous);
  const b = await timed(waiting);
  const c = await timed(waiting);
  const d = await timed(continuous);
  for (const { result } of [b, c, d]) {
    if (result.join() !== a.result.join()) throw new Error('the two ways gave other lengths');
  }
  const seconds = [(a.seconds + d.seconds) / 2, (b.seconds + c.seconds) / 2] as const;
  const six = await sixTasks(model);
  await model.close();
  return {
    requests: count,
    tokens: a.result.reduce((sum, tokens) => sum + tokens, 0),
    images_per_second: seconds.map((time) => round(count / time)),
    ratio: round(seconds[1] / seconds[0]),
    six_tasks: six,
  };
}

function draw(model: PaliGemma, index: number): Request {
  const [prompt, least, most] =
    index % 2 === 0 ? (['detect abc', 6, 200] as const) : (['caption en', 15, 60] as const);
  const maxNewTokens = least + Math.floor(random() * (most - least + 1));
  return { pixels: picture(model), prompt, maxNewTokens };
}

async function answer(
  model: PaliGemma,
  { pixels, prompt, maxNewTokens }: Request,
): Promise<number> {
  const image = await model.encode(pixels);
  // A random model may repeat itself; the lengths are what is compared.
  const request = { image, prompt, maxNewTokens, stopsRepetition: false };
  return (await model.answer(request)).tokens.length;
}

/** Six tasks with one encoding, and what the encoding is of the whole. */
async function sixTasks(model: PaliGemma) {
  let encodings = 0;
  const encode = (pixels: Uint8Array): Promise<ImageFeatures> => {
    encodings++;
    return model.encode(pixels);
  };
  const pixels = picture(model);
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

function picture(model: PaliGemma): Uint8Array {
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
