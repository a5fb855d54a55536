/**
 * Does a million cost more for each than ten thousand? Rows of a manifest that name contents sent before, a job over them with an engine
 * that answers at once, and the export of its results. Memory: of every process, on a system that saw only the small
 * job and on one that saw the large one too. Time per item: both on the same system, the small job when all is warm.
 *
 * `BENCH_ITEMS=1000000 npm run bench -- million`. Predictions and figures: test/bench/README.md.
 */
import { TestClient } from '../../rig/client.js';
import { System } from '../../rig/system.js';
import { runBulkJob, sendContents, type Timings } from './bulk-job.js';
import { MemoryWatch, type ProcessMemory } from './process-memory.js';

const SMALL = 10_000;
const LARGE = Number(process.env['BENCH_ITEMS'] ?? 1_000_000);
/** Of the small job: the first warms caches and compilers, the median of the others counts. */
const SMALL_RUNS = 4;

interface Measured {
  readonly small: Timings;
  readonly large: Timings | undefined;
  readonly memory: Record<string, ProcessMemory>;
}

const alone = await measure(undefined);
console.log(JSON.stringify({ items: SMALL, memory: alone.memory }));
const both = await measure(LARGE);
report(alone, both);

async function measure(large: number | undefined): Promise<Measured> {
  const system = await System.start({ isDirect: true, workers: 1, env: { LOG_LEVEL: 'warn' } });
  try {
    const client = new TestClient(system.url, system.apiKey);
    await sendContents(client);
    const memory = new MemoryWatch(system);
    const runs: Timings[] = [];
    for (let run = 0; run < SMALL_RUNS; run += 1) {
      runs.push(await runBulkJob(system, client, SMALL));
    }
    const [, ...warm] = runs;
    const small = warm.toSorted((a, b) => a.jobMs - b.jobMs)[Math.floor(warm.length / 2)]!;
    const ofLarge = large === undefined ? undefined : await runBulkJob(system, client, large);
    return { small, large: ofLarge, memory: memory.stop() };
  } finally {
    await system.stop();
  }
}

function report(before: Measured, { small, large, memory }: Measured): void {
  const perSecond = (items: number, ms: number): number => Math.round((items * 1000) / ms);
  const tenths = large!.tenthsMs;
  console.log(
    JSON.stringify({
      bench: 'million',
      items: [SMALL, LARGE],
      rows_per_s: [perSecond(SMALL, small.rowsMs), perSecond(LARGE, large!.rowsMs)],
      row_time_ratio: ratio(large!.rowsMs / LARGE / (small.rowsMs / SMALL)),
      accept_ms: [Math.round(small.acceptMs), Math.round(large!.acceptMs)],
      items_per_s: [perSecond(SMALL, small.jobMs), perSecond(LARGE, large!.jobMs)],
      time_per_item_ratio: ratio(large!.jobMs / LARGE / (small.jobMs / SMALL)),
      last_tenth_over_first: ratio(tenths[9]! / tenths[0]!),
      export_per_s: [perSecond(SMALL, small.exportMs), perSecond(LARGE, large!.exportMs)],
      memory_small: before.memory,
      memory_large: memory,
      growth_mb: Object.fromEntries(
        Object.entries(memory).map(([name, one]) => [
          name,
          one.peak_mb - before.memory[name]!.peak_mb,
        ]),
      ),
    }),
  );
}

function ratio(value: number): number {
  return Number(value.toFixed(3));
}
