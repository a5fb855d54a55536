import type { Page } from '../../dashboard/browser.js';

export interface FirstView {
  /** From the start of the navigation until the job's figures and the tiles of the window have their answers, ms. */
  readonly answersMs: number;
  /** And until every picture in the window is there as well. */
  readonly picturesMs: number;
}

const IN_WINDOW = `
  const inWindow = () => [...document.querySelectorAll('.tile')].filter((tile) => {
    const { top, bottom } = tile.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  const answered = () => inWindow().length > 0 && inWindow().every((tile) => tile.dataset.state !== 'waiting');
  const pictured = () => inWindow().every((tile) => {
    // A picture, or the words that there is none.
    const shown = tile.querySelector('.tile-picture > *');
    return shown !== null && (shown.complete ?? true);
  });
`;

/** Loads the page and looks at it once a frame. */
export async function firstView(page: Page, path: string): Promise<FirstView> {
  await page.goto(path, { waitUntil: 'commit' });
  return page.evaluate<FirstView>(`(() => {
    ${IN_WINDOW}
    return new Promise((resolve) => {
      let answersMs;
      const look = () => {
        if (answersMs === undefined && document.querySelector('.figures-strip') && answered()) answersMs = performance.now();
        if (answersMs !== undefined && pictured()) resolve({ answersMs, picturesMs: performance.now() });
        else requestAnimationFrame(look);
      };
      look();
    });
  })()`);
}

export interface Scrolling {
  /** Times between frames while the wheel was turned, ms. */
  readonly frames: readonly number[];
  readonly tilesPassed: number;
  /** From the last turn of the wheel until the window had all its answers and pictures, ms. */
  readonly settledMs: number;
}

/** Turns the wheel for so long as fast as the page takes it. Input: pixels a turn. */
export async function scroll(page: Page, forMs: number, stepPx: number): Promise<Scrolling> {
  await page.mouse.move(700, 600);
  await page.evaluate(`(() => {
    window.framesSeen = [];
    window.isWatching = true;
    let last = performance.now();
    const tick = (now) => {
      window.framesSeen.push(now - last);
      last = now;
      if (window.isWatching) requestAnimationFrame(tick);
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
  })()`);
  const from = await firstTile(page);
  const until = performance.now() + forMs;
  while (performance.now() < until) await page.mouse.wheel(0, stepPx);
  const { frames, settledMs } = await page.evaluate<{
    frames: number[];
    settledMs: number;
  }>(`(() => {
    ${IN_WINDOW}
    window.isWatching = false;
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const look = () => {
        if (answered() && pictured()) resolve({ frames: window.framesSeen, settledMs: performance.now() - startedAt });
        else requestAnimationFrame(look);
      };
      look();
    });
  })()`);
  return { frames, settledMs, tilesPassed: (await firstTile(page)) - from };
}

const firstTile = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    ${IN_WINDOW}
    return Number(inWindow()[0]?.getAttribute('href').split('/').at(-1) ?? 0);
  })()`);

export interface PageMemory {
  /** Of JavaScript, after a collection, megabytes. */
  readonly heapMb: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Output: a look at the page's memory, each with everything collected before that nobody holds. */
export async function memoryLook(page: Page): Promise<() => Promise<PageMemory>> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  return async () => {
    // What a collection frees may hold what only the next one finds.
    await session.send('HeapProfiler.collectGarbage');
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
    return { heapMb: usedSize / 2 ** 20, nodes, listeners: jsEventListeners };
  };
}

/**
 * Output: processor time that the page's main thread has taken since the look before, ms. Unlike the time of a frame it
 * says the same on a machine that others use.
 */
export async function processorTime(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  let last = 0;
  const look = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    const now = metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
    const since = now - last;
    last = now;
    return since;
  };
  await look();
  return look;
}
