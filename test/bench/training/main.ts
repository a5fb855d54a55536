/**
 * Updates per second of a small PaliGemma (5.4 million parameters, 140 pixels, 16 examples, float32, AdamW), beside the
 * same step in PyTorch on the same machine, in the order A B B A. BENCH_PYTHON names an interpreter with torch and
 * transformers; without it the peer is left out, and said so.
 *
 * Predictions and figures: test/bench/README.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTrainingBench, SIZES } from './training-step.js';

const STEPS = Number(process.env['BENCH_STEPS'] ?? 12);
/** The first ones plan memory and warm up. */
const WARM_UP = 3;
const PYTHON = process.env['BENCH_PYTHON'];
const PEER = join(import.meta.dirname, '../../../../test/bench/training/peer.py');

const folder = await mkdtemp(join(tmpdir(), 'pallet-bench-training-'));
try {
  const kept = await openTrainingBench(folder, false);
  const again = await openTrainingBench(folder, true);
  const first = await ours(kept.step);
  const peer = [...theirs(), ...theirs()];
  const second = await ours(kept.step);
  const recomputed = await ours(again.step);
  const own = median([...first, ...second]);
  console.log(`Pallet, seconds of a step: ${JSON.stringify([first, second].map(rounded))}`);
  console.log(`PyTorch: ${JSON.stringify(rounded(peer))}`);
  const result = {
    bench: 'training',
    parameters: kept.parameters,
    ...SIZES,
    steps: 2 * (STEPS - WARM_UP),
    steps_per_second: round(1 / own),
    examples_per_second: round(SIZES.batch / own),
    recomputed_steps_per_second: round(1 / median(recomputed)),
    ...(peer.length > 0
      ? { peer_steps_per_second: round(1 / median(peer)), ratio: round(median(peer) / own) }
      : { peer: 'left out: BENCH_PYTHON is not set' }),
  };
  await kept.close();
  await again.close();
  console.log(JSON.stringify(result));
} finally {
  await rm(folder, { recursive: true });
}

async function ours(step: () => Promise<unknown>): Promise<number[]> {
  const seconds: number[] = [];
  for (let index = 0; index < STEPS; index++) {
    const startedAt = performance.now();
    await step();
    seconds.push((performance.now() - startedAt) / 1e3);
  }
  return seconds.slice(WARM_UP);
}

function theirs(): number[] {
  if (PYTHON === undefined) return [];
  const sizes = [SIZES.batch, SIZES.textTokens, SIZES.labels, STEPS].map(String);
  const output = execFileSync(PYTHON, [PEER, folder, ...sizes], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, OMP_NUM_THREADS: '2' },
  });
  return (JSON.parse(output.toString().trim().split('\n').at(-1)!) as number[]).slice(WARM_UP);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function rounded(values: readonly number[]): number[] {
  return values.map(round);
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
