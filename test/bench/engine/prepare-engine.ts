import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importCheckpoint } from '#paligemma';
import { PALIGEMMA_3B, writeRandomCheckpoint, type RandomModel } from './random-checkpoint.js';

/** Kept between runs: 4 GB. */
export const FOLDER = process.env['BENCH_FOLDER'] ?? join(tmpdir(), 'pallet-bench-engine');

/** An int8 engine with random weights, written and imported once. */
export async function prepareEngine(model: RandomModel = PALIGEMMA_3B): Promise<string> {
  const folder = join(FOLDER, `${model.name}-int8`);
  if (existsSync(folder)) return folder;
  const source = join(FOLDER, `${model.name}-checkpoint`);
  await mkdir(source, { recursive: true });
  console.log(`writing a random checkpoint into ${source}`);
  await writeRandomCheckpoint(source, model.config);
  const startedAt = performance.now();
  await importCheckpoint(source, folder, { precision: 'int8' });
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    `imported in ${((performance.now() - startedAt) / 1e3).toFixed(0)} s, peak memory ${peak.toFixed(0)} MB`,
  );
  await rm(source, { recursive: true });
  return folder;
}
