/**
 * One engine, in a process of its own so that its memory is its own: start, then every request.
 * Usage: pallet-run ENGINE_FOLDER REQUESTS NEW_TOKENS PROMPT SLOTS. Prints one line of JSON.
 */
import { readFileSync } from 'node:fs';
import { PaliGemma } from '#paligemma';

export interface PalletRun {
  readonly slots: number;
  readonly images: number;
  readonly promptTokens: number;
  readonly startSeconds: number;
  readonly encodeMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly decodeSteps: number;
  readonly tokens: number;
  readonly imagesPerSecond: number;
  readonly peakMegabytes: number;
  /** With the model loaded: what is the process's own, and all that is resident (the mapped file too). */
  readonly ownMegabytes: number;
  readonly residentMegabytes: number;
}

const [folder, requests, newTokens, prompt, slots] = process.argv.slice(2);
console.log(JSON.stringify(await run()));

async function run(): Promise<PalletRun> {
  const startedAt = performance.now();
  const model = await PaliGemma.load(folder!, { slots: Number(slots) });
  const startSeconds = (performance.now() - startedAt) / 1e3;
  const images = Number(requests);
  const pictures = Array.from({ length: images }, (_, n) => picture(model.info.imageSize, n));
  const runAt = performance.now();
  // Each stage on its own, so that each has a time of its own; one thread does them all either way.
  const features = [];
  for (const pixels of pictures) features.push(await model.encode(pixels));
  const encodedAt = performance.now();
  const answers = await Promise.all(
    features.map((image) =>
      model.answer({ image, prompt: prompt!, maxNewTokens: Number(newTokens) }),
    ),
  );
  const endedAt = performance.now();
  const memoryInUse = {
    peakMegabytes: memory('VmHWM'),
    ownMegabytes: memory('RssAnon'),
    residentMegabytes: memory('VmRSS'),
  };
  await model.close();
  const prefillMs = answers.reduce((sum, { timings }) => sum + timings.prefillMs, 0);
  const tokens = answers.reduce((sum, answer) => sum + answer.tokens.length, 0);
  return {
    slots: Number(slots),
    images,
    promptTokens: answers[0]!.promptTokens,
    startSeconds,
    encodeMs: encodedAt - runAt,
    prefillMs,
    decodeMs: endedAt - encodedAt - prefillMs,
    decodeSteps: Math.ceil(images / Number(slots)) * (Number(newTokens) - 1),
    tokens,
    imagesPerSecond: images / ((endedAt - runAt) / 1e3),
    ...memoryInUse,
  };
}

function picture(size: number, seed: number): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length: size * size * 3 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** Megabytes, as Linux counts them. */
function memory(field: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
}
