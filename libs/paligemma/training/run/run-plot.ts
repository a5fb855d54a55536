import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { drawPanel, text, type Frame } from '../plot/panel.js';
import { lossPanel, ratePanel, scorePanels } from '../plot/run-panels.js';
import type { TrainingEvent } from '../training-run.js';

const WIDTH = 960;
const HEADER_HEIGHT = 44;
const LOSS_HEIGHT = 300;
const SMALL_HEIGHT = 220;
const COLUMNS = 2;
const STYLE =
  'text{font:11px system-ui,sans-serif;fill:#444}.title{font-size:14px;font-weight:600;fill:#111}.head{font-size:18px;font-weight:600;fill:#111}.grid{stroke:#e8e8e8}.axis{stroke:#999;fill:none}';

/** Writes `plot.svg` of a run, out of its log. Whoever looks at it meanwhile sees the one before. */
export async function writeRunPlot(run: string): Promise<void> {
  const log = await readFile(join(run, 'log.jsonl'), 'utf8');
  const path = join(run, 'plot.svg');
  const name = basename(resolve(run));
  await writeFile(`${path}.partial`, plotRun(name, eventsOf(log)));
  await rename(`${path}.partial`, path);
}

/**
 * An SVG document: loss, learning rate, and the scores of each task, over the updates that were done. Its size does not
 * grow with the run.
 */
export function plotRun(name: string, events: readonly TrainingEvent[]): string {
  const steps = events.findLast((event) => event.kind === 'started')?.steps ?? 0;
  const done = events.findLast((event) => event.kind === 'step')?.step ?? 0;
  const small = [ratePanel(events), ...scorePanels(events)];
  const height = HEADER_HEIGHT + LOSS_HEIGHT + Math.ceil(small.length / COLUMNS) * SMALL_HEIGHT;
  const across = { steps: Math.max(1, done) };
  const loss = { x: 0, y: HEADER_HEIGHT, width: WIDTH, height: LOSS_HEIGHT, ...across };
  const width = WIDTH / COLUMNS;
  const frameOf = (index: number): Frame => ({
    x: (index % COLUMNS) * width,
    y: HEADER_HEIGHT + LOSS_HEIGHT + Math.floor(index / COLUMNS) * SMALL_HEIGHT,
    width,
    height: SMALL_HEIGHT,
    ...across,
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>`,
    text(16, 28, `Training ${name}: ${done} of ${steps} updates`, 'class="head"'),
    drawPanel(lossPanel(events), loss),
    ...small.map((panel, index) => drawPanel(panel, frameOf(index))),
    '</svg>\n',
  ].join('\n');
}

function eventsOf(log: string): TrainingEvent[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TrainingEvent);
}
