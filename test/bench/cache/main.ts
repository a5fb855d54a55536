/**
 * What known answers cost and what they save, with an engine that answers at once, so that every cost shows: a job
 * that wants no cache, one that finds nothing known and keeps everything (a question that nobody has asked), and the
 * same one again, in turn over the same pictures.
 *
 * Predictions and figures: test/bench/README.md.
 */
import type { Task } from '#contracts';
import { checkJob } from '../../rig/checker.js';
import { TestClient, type TestFile } from '../../rig/client.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ITEMS = Number(process.env['BENCH_ITEMS'] ?? 10_000);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const UPLOAD_AT_ONCE = 1_000;

interface Round {
  /** Milliseconds from the order to the last item. */
  readonly without: number;
  readonly missing: number;
  readonly known: number;
}

const system = await System.start({ isDirect: true, workers: 1, env: { LOG_LEVEL: 'warn' } });
try {
  await bench(new TestClient(system.url, system.apiKey));
} finally {
  await system.stop();
}

async function bench(client: TestClient): Promise<void> {
  const files = Array.from({ length: ITEMS }, (_, n) => tinyImage(n));
  const set = await client.createSet('cache');
  for (let from = 0; from < ITEMS; from += UPLOAD_AT_ONCE) {
    await client.upload(set.id, files.slice(from, from + UPLOAD_AT_ONCE));
  }
  const rounds: Round[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const times = await runRound(client, set.id, files, round);
    // The first round warms caches and compilers.
    if (round === 0) continue;
    rounds.push(times);
    console.log(
      `round ${round}: without ${times.without.toFixed(0)} ms, nothing known ${times.missing.toFixed(0)} ms, all known ${times.known.toFixed(0)} ms`,
    );
  }
  console.log(
    JSON.stringify({
      bench: 'cache',
      items: ITEMS,
      rounds: ROUNDS,
      items_per_s_without: Math.round((ITEMS * 1000) / median(rounds.map((one) => one.without))),
      items_per_s_known: Math.round((ITEMS * 1000) / median(rounds.map((one) => one.known))),
      second_run_ratio: ratio(rounds.map((one) => one.known / one.missing)),
      overhead_ratio: ratio(rounds.map((one) => one.missing / one.without)),
    }),
  );
}

async function runRound(
  client: TestClient,
  setId: string,
  files: readonly TestFile[],
  round: number,
): Promise<Round> {
  const task: Task = { type: 'answer', question: `round ${round}?`, language: 'en' };
  const time = async (cache: boolean): Promise<number> => {
    const startedAt = performance.now();
    const job = await client.createJob(setId, [task], { cache });
    await client.finished(job.id, 600_000);
    const ms = performance.now() - startedAt;
    const { faults } = await checkJob(client, system.databaseUrl, job.id, files);
    if (faults.length > 0) throw new Error(faults.slice(0, 5).join('; '));
    return ms;
  };
  // In turn, so that neither always comes after the other's checkpoint.
  const without = round % 2 === 0 ? await time(false) : undefined;
  const missing = await time(true);
  return { without: without ?? (await time(false)), missing, known: await time(true) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function ratio(values: readonly number[]): number {
  return Number(median(values).toFixed(3));
}
