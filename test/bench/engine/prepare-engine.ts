import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importCheckpoint } from '#paligemma';
import { writeRandomCheckpoint } from './random-checkpoint.js';

/** Kept between runs: 4 GB. */
export const FOLDER = process.env['BENCH_FOLDER'] ?? join(tmpdir(), 'pallet-bench-engine');

/** An int8 engine of PaliGemma 3B's true size with random weights: written and imported once. */
export async function prepareEngine(directory: string): Promise<string> {
  const folder = join(directory, 'engine-int8');
  if (existsSync(folder)) return folder;
  const source = join(directory, 'checkpoint');
  await mkdir(source, { recursive: true });
  console.log(`writing a random checkpoint of 3 billion weights into ${source}`);
  await writeRandomCheckpoint(source);
  const startedAt = performance.now();
  await importCheckpoint(source, folder, { precision: 'int8' });
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    `imported in ${((performance.now() - startedAt) / 1e3).toFixed(0)} s, peak memory ${peak.toFixed(0)} MB`,
  );
  await rm(source, { recursive: true });
  return folder;
}
