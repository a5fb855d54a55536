/**
 * PaliGemma 3B at 224 in int8 on the CPU, and Hugging Face transformers in bfloat16 on the same machine in the same
 * run: images a second, where the time goes, and how near each stage is to what the machine can do.
 *
 * The checkpoint has random weights of the true size; it is written and imported once, into BENCH_FOLDER.
 * The peer is left out, and said so, when BENCH_PYTHON names no interpreter with torch and transformers.
 * Predictions and figures: test/bench/README.md.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measureLimits, type Limits } from './limits.js';
import type { PalletRun } from './pallet-run.js';
import { FOLDER, prepareEngine } from './prepare-engine.js';

const REQUESTS = Number(process.env['BENCH_REQUESTS'] ?? 32);
const NEW_TOKENS = 18;
/** With `<bos>` and the newline 8 tokens behind the image. */
const PROMPT = 'abcdef';
const PROMPT_TOKENS = 8;
const SLOTS = [8, 16];
const PEER_BATCHES = [1, 4, 8, 16];
const PYTHON = process.env['BENCH_PYTHON'];

/** Multiplications and additions: weights of one image's patches, of one prefix token, of one decoded token. */
const WEIGHTS = {
  vision: 27 * (4 * 1152 ** 2 + 2 * 1152 * 4304) + 588 * 1152 + 1152 * 2048,
  decoder: 18 * (2 * 2048 * 2048 + 2 * 2048 * 256 + 3 * 2048 * 16_384),
  head: 2048 * 257_152,
};
const IMAGE_TOKENS = 256;

interface PeerRun {
  readonly batch: number;
  readonly images_per_second: number;
  readonly prefill_seconds_per_image: number;
  readonly peak_megabytes: number;
}

const run = promisify(execFile);
const engine = await prepareEngine(FOLDER);
const limits = await measureLimits();
console.log(
  `limits of this machine: ${limits.int8TeraOps.toFixed(3)} int8 TOP/s, ${limits.readGigabytes.toFixed(1)} GB/s`,
);
const runs: PalletRun[] = [];
for (const slots of SLOTS) runs.push(await runPallet(slots));
const peers = PYTHON ? await runPeer(PYTHON) : [];
const best = runs.reduce((a, b) => (a.imagesPerSecond > b.imagesPerSecond ? a : b));
const bestPeer = Math.max(...peers.map((peer) => peer.images_per_second));
console.log(
  JSON.stringify({
    bench: 'engine',
    requests: REQUESTS,
    new_tokens: NEW_TOKENS,
    prompt_tokens: best.promptTokens - IMAGE_TOKENS,
    images_per_second: runs.map(({ slots, imagesPerSecond }) => [slots, round(imagesPerSecond)]),
    peer_images_per_second: peers.map((peer) => [peer.batch, round(peer.images_per_second)]),
    ratio: peers.length > 0 ? round(best.imagesPerSecond / bestPeer) : null,
    stages: stages(best, limits),
    start_seconds: round(Math.min(...runs.map(({ startSeconds }) => startSeconds))),
    own_mb: Math.round(best.ownMegabytes),
    resident_mb: Math.round(best.residentMegabytes),
    peak_mb: Math.round(best.peakMegabytes),
    peer_peak_mb: peers.length > 0 ? Math.round(peers.at(-1)!.peak_megabytes) : null,
  }),
);

async function runPallet(slots: number): Promise<PalletRun> {
  const script = join(import.meta.dirname, 'pallet-run.js');
  const values = [engine, REQUESTS, NEW_TOKENS, PROMPT, slots].map(String);
  const { stdout } = await run(process.execPath, [script, ...values]);
  const result = JSON.parse(stdout) as PalletRun;
  if (result.promptTokens !== IMAGE_TOKENS + PROMPT_TOKENS)
    throw new Error(`prompt of ${result.promptTokens} tokens`);
  console.log(`${slots} slots: ${stdout.trim()}`);
  return result;
}

async function runPeer(python: string): Promise<PeerRun[]> {
  const script = join(import.meta.dirname, '../../../../test/bench/engine/transformers_run.py');
  const config = join(FOLDER, 'engine-int8', 'config.json');
  const values = [config, REQUESTS, NEW_TOKENS, PROMPT_TOKENS, ...PEER_BATCHES].map(String);
  const { stdout } = await run(python, [script, ...values], { maxBuffer: 1 << 24 });
  console.log(stdout.trim());
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PeerRun);
}

/** Milliseconds, and the share of the limit that binds a stage: int8 products, or the memory's reading. */
function stages(result: PalletRun, { int8TeraOps, readGigabytes }: Limits) {
  const { images, promptTokens, encodeMs, prefillMs, decodeMs, decodeSteps } = result;
  const vision = 2 * WEIGHTS.vision * IMAGE_TOKENS;
  const prefill = 2 * (WEIGHTS.decoder * promptTokens + WEIGHTS.head);
  const stepMs = decodeMs / decodeSteps;
  const stepGigabytes = (WEIGHTS.decoder + WEIGHTS.head) / 1e9;
  const stepOperations = 2 * (WEIGHTS.decoder + WEIGHTS.head) * result.slots;
  const share = (operations: number, ms: number): number => operations / ms / 1e9 / int8TeraOps;
  return {
    int8_teraops_limit: round(int8TeraOps),
    read_gigabytes_limit: round(readGigabytes),
    encode_ms_per_image: round(encodeMs / images),
    encode_share_of_products: round(share(vision, encodeMs / images)),
    prefill_ms_per_image: round(prefillMs / images),
    prefill_share_of_products: round(share(prefill, prefillMs / images)),
    decode_ms_per_step: round(stepMs),
    decode_tokens_per_second: round((result.slots * 1e3) / stepMs),
    decode_share_of_reading: round(((stepGigabytes / stepMs) * 1e3) / readGigabytes),
    decode_share_of_products: round(share(stepOperations, stepMs)),
  };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
