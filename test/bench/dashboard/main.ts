/**
 * Is a job of a million images as quick to look at as one of a thousand? Its page is opened and its gallery scrolled in a
 * real browser; then the page of a job that runs over the same million is left open, and its memory looked at.
 *
 * `npm run bench -- dashboard`; `BENCH_ITEMS` (1,000,000), `BENCH_MINUTES` (10), `BENCH_SCROLL_SECONDS` (20).
 * Predictions and figures: test/bench/README.md.
 */
import { TestBrowser } from '../../dashboard/browser.js';
import { TestClient } from '../../rig/client.js';
import { System } from '../../rig/system.js';
import {
  firstView,
  memoryLook,
  processorTime,
  scroll,
  type FirstView,
  type PageMemory,
  type Scrolling,
} from './page-measures.js';
import { median, round, spread } from './figures.js';
import { TASKS } from './pictures.js';
import { seedJob } from './seed-job.js';

const ITEMS = Number(process.env['BENCH_ITEMS'] ?? 1_000_000);
const MINUTES = Number(process.env['BENCH_MINUTES'] ?? 10);
const SCROLL_MS = 1_000 * Number(process.env['BENCH_SCROLL_SECONDS'] ?? 20);
const VIEWS = 7;
/** A wheel turned by hand, and one that is let run. */
const STEPS_PX = [100, 400] as const;
/** Eight slots: about 80 images a second, so that a million takes longer than anybody looks. */
const ITEM_MS = 100;
const LOOK_MS = 10_000;

const system = await System.start({
  engine: 'colour-engine',
  itemMs: ITEM_MS,
  env: { LOG_LEVEL: 'warn' },
});
const browser = await TestBrowser.start(system.url);
try {
  const client = new TestClient(system.url, system.apiKey);
  const startedAt = performance.now();
  const { setId, jobId } = await seedJob(system, client, ITEMS);
  console.log(JSON.stringify({ items: ITEMS, seed_ms: Math.round(performance.now() - startedAt) }));
  const views = await viewJob(jobId);
  console.log(JSON.stringify(views));
  const scrolls = await scrollJob(jobId);
  console.log(JSON.stringify(scrolls));
  const memory = await watchMemory(client, setId);
  console.log(
    JSON.stringify({ bench: 'dashboard', items: ITEMS, ...views, scroll: scrolls, memory }),
  );
} finally {
  await browser.close();
  await system.stop();
}

/** Each with a browser that has nothing yet; the first one has its thumbnails made. */
async function viewJob(jobId: string) {
  const views: FirstView[] = [];
  const processor: number[] = [];
  for (let n = 0; n < VIEWS; n += 1) {
    const page = await browser.openSignedIn('/new', system.apiKey);
    await page.getByRole('heading', { name: 'New job' }).waitFor();
    const look = await processorTime(page);
    views.push(await firstView(page, `/jobs/${jobId}`));
    processor.push(await look());
    await page.context().close();
  }
  const [first, ...others] = views;
  return {
    first_view_ms: spread(others.map(({ answersMs }) => answersMs)),
    pictures_ms: spread(others.map(({ picturesMs }) => picturesMs)),
    processor_ms: spread(processor.slice(1)),
    pictures_made_ms: Math.round(first!.picturesMs),
  };
}

async function scrollJob(jobId: string) {
  const found: Record<string, object> = {};
  for (const stepPx of STEPS_PX) {
    const page = await browser.openSignedIn(`/jobs/${jobId}`, system.apiKey);
    await page.locator('.tile-row canvas').first().waitFor();
    // Thumbnails of the contents are made by the first pass, and frames measured in the second.
    await scroll(page, SCROLL_MS / 4, stepPx);
    await page.evaluate('scrollTo(0, 0)');
    const look = await processorTime(page);
    const scrolling = await scroll(page, SCROLL_MS, stepPx);
    const processor = await look();
    found[`step_${stepPx}_px`] = {
      ...scrollFigures(scrolling),
      processor_ms_a_frame: round(processor / scrolling.frames.length),
    };
    await page.context().close();
  }
  return found;
}

function scrollFigures({ frames, tilesPassed, settledMs }: Scrolling) {
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!);
  return {
    frames: frames.length,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    max_ms: at(1),
    tiles_passed: tilesPassed,
    settled_ms: Math.round(settledMs),
  };
}

/** Of the page of a job that runs, from a minute after it was opened: what that minute fills is no growth. */
async function watchMemory(client: TestClient, setId: string) {
  const { id } = await client.createJob(setId, TASKS, { name: 'Running', cache: false });
  const page = await browser.openSignedIn(`/jobs/${id}`, system.apiKey);
  await page.locator('.tile-row canvas').first().waitFor();
  await page.mouse.move(700, 600);
  const look = await memoryLook(page);
  const seen: PageMemory[] = [];
  const warmUntil = performance.now() + Math.min(60_000, (MINUTES * 60_000) / 4);
  const until = performance.now() + MINUTES * 60_000;
  while (performance.now() < until) {
    // Somebody who follows the answers as they come.
    await page.mouse.wheel(0, 300);
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, MINUTES * 6_000)));
    const memory = await look();
    if (performance.now() >= warmUntil) seen.push(memory);
  }
  const { item_counts: counts } = await client.job(id);
  await client.request('POST', `/v1/jobs/${id}/cancel`);
  const quarter = Math.max(1, Math.floor(seen.length / 4));
  const [early, late] = [seen.slice(0, quarter), seen.slice(-quarter)];
  const heap = (looks: readonly PageMemory[]): number => median(looks.map(({ heapMb }) => heapMb));
  const nodes = (looks: readonly PageMemory[]): number => median(looks.map((each) => each.nodes));
  return {
    minutes: MINUTES,
    updates_of_items: counts.succeeded + counts.failed,
    first_quarter_mb: round(heap(early)),
    last_quarter_mb: round(heap(late)),
    growth_mb: round(heap(late) - heap(early)),
    nodes: [nodes(early), nodes(late)],
    listeners: [early[0]!.listeners, late.at(-1)!.listeners],
  };
}
