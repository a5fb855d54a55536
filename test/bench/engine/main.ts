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
import { prepareEngine } from './prepare-engine.js';

const REQUESTS = Number(process.env['BENCH_REQUESTS'] ?? 32);
const NEW_TOKENS = 18;
/** With `<bos>` and the newline 8 tokens behind the image. */
const PROMPT = 'abcdef';
const PROMPT_TOKENS = 8;
const SLOTS = [8, 16];
/** Of the peer. */
const BATCHES = (process.env['BENCH_BATCHES'] ?? '8,16,4,1').split(',').map(Number);
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

/** A run, and what the machine could do just before and just after it: its speed is not the same for long. */
interface Measured {
  readonly result: PalletRun;
  readonly limits: Limits;
}

const run = promisify(execFile);
const engine = await prepareEngine();
const runs: Measured[] = [];
const peers: PeerRun[] = [];
// In turn, so that a machine that slows down does so for both.
for (const [turn, batch] of BATCHES.entries()) {
  if (SLOTS[turn]) runs.push(await measurePallet(SLOTS[turn]));
  if (PYTHON) peers.push(await runPeer(PYTHON, batch));
}
const best = runs.reduce((a, b) => (a.result.imagesPerSecond > b.result.imagesPerSecond ? a : b));
const bestPeer = Math.max(...peers.map((peer) => peer.images_per_second));
console.log(
  JSON.stringify({
    bench: 'engine',
    requests: REQUESTS,
    new_tokens: NEW_TOKENS,
    prompt_tokens: best.result.promptTokens - IMAGE_TOKENS,
    images_per_second: runs.map(({ result }) => [result.slots, round(result.imagesPerSecond)]),
    peer_images_per_second: peers.map((peer) => [peer.batch, round(peer.images_per_second)]),
    ratio: peers.length > 0 ? round(best.result.imagesPerSecond / bestPeer) : null,
    stages: runs.map(stages),
    start_seconds: round(Math.min(...runs.map(({ result }) => result.startSeconds))),
    own_mb: Math.round(best.result.ownMegabytes),
    resident_mb: Math.round(best.result.residentMegabytes),
    peak_mb: Math.round(best.result.peakMegabytes),
    peer_peak_mb:
      peers.length > 0 ? Math.round(Math.max(...peers.map((peer) => peer.peak_megabytes))) : null,
  }),
);

async function measurePallet(slots: number): Promise<Measured> {
  const before = await measureLimits();
  const result = await runPallet(slots);
  const after = await measureLimits();
  const limits = {
    int8TeraOps: (before.int8TeraOps + after.int8TeraOps) / 2,
    readGigabytes: (before.readGigabytes + after.readGigabytes) / 2,
  };
  console.log(`limits before and after: ${JSON.stringify([before, after])}`);
  return { result, limits };
}

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

async function runPeer(python: string, batch: number): Promise<PeerRun> {
  const script = join(import.meta.dirname, '../../../../test/bench/engine/transformers_run.py');
  const config = join(engine, 'config.json');
  const values = [config, Math.max(REQUESTS, batch), NEW_TOKENS, PROMPT_TOKENS, batch].map(String);
  const { stdout } = await run(python, [script, ...values]);
  console.log(`transformers: ${stdout.trim()}`);
  return JSON.parse(stdout) as PeerRun;
}

/** Milliseconds, and the share of the limit that binds a stage: int8 products, or the memory's reading. */
function stages({ result, limits: { int8TeraOps, readGigabytes } }: Measured) {
  const { images, promptTokens, encodeMs, prefillMs, decodeMs, decodeSteps } = result;
  const vision = 2 * WEIGHTS.vision * IMAGE_TOKENS;
  const prefill = 2 * (WEIGHTS.decoder * promptTokens + WEIGHTS.head);
  const stepMs = decodeMs / decodeSteps;
  const stepGigabytes = (WEIGHTS.decoder + WEIGHTS.head) / 1e9;
  const stepOperations = 2 * (WEIGHTS.decoder + WEIGHTS.head) * result.slots;
  const share = (operations: number, ms: number): number => operations / ms / 1e9 / int8TeraOps;
  return {
    slots: result.slots,
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
