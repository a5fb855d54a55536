import type { Page } from './browser.js';

/** One thing that moved by itself: how much of the window, and what, for a failure that says where to look. */
interface Shift {
  readonly value: number;
  readonly what: readonly string[];
}

const WATCH = `
  window.shiftsSeen = [];
  const nameOf = ({ node }) => node?.nodeType === 1 ? node.tagName.toLowerCase() + '.' + node.className : String(node?.nodeName);
  const movedBy = ({ previousRect: a, currentRect: b }) => [a.x, a.y, a.width, a.height].map(Math.round) + ' to ' + [b.x, b.y, b.width, b.height].map(Math.round);
  window.shiftObserver = new PerformanceObserver((list) => window.noteShifts(list.getEntries()));
  window.noteShifts = (entries) => {
    for (const { hadRecentInput, value, sources } of entries) {
      if (!hadRecentInput) window.shiftsSeen.push({ value, what: sources.map((source) => nameOf(source) + ' ' + movedBy(source)) });
    }
  };
  window.shiftObserver.observe({ type: 'layout-shift', buffered: true });
`;

/** From the next navigation on, keeps what moves on the page that nobody has moved. */
export const watchShifts = (page: Page): Promise<unknown> => page.addInitScript(WATCH);

/** What has moved since the page was loaded; what follows an input within half a second is not the page's own doing. */
export const shiftsOf = (page: Page): Promise<Shift[]> =>
  page.evaluate('window.noteShifts(window.shiftObserver.takeRecords()), window.shiftsSeen');

/** As browsers measure it: parts of the window, times parts of its height; 0 where nothing moves. */
export const sumOf = (shifts: readonly Shift[]): number =>
  shifts.reduce((total, { value }) => total + value, 0);
