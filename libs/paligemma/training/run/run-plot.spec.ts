import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../training-run.js';
import { plotRun, writeRunPlot } from './run-plot.js';

const stepsOf = (count: number, lossOf = (step: number): number => 1 + 1 / step): TrainingEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'step',
    step: index + 1,
    loss: lossOf(index + 1),
    learningRate: 1e-3,
    gradientNorm: 1,
    examplesPerSecond: 1,
  }));
const started = (steps: number): TrainingEvent => ({
  kind: 'started',
  examples: 1,
  steps,
  resumedAt: 0,
  trainedParameters: 1,
});
const evaluation = (step: number, metrics: Record<string, number>): TrainingEvent => ({
  kind: 'evaluation',
  step,
  loss: 1,
  metrics,
});

/** Every text of the document, in order. */
const textsOf = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);

/** libvips reads SVG with a strict XML parser; what it takes can be looked at. */
async function sizeOf(svg: string): Promise<string> {
  const { format, width, height } = await sharp(Buffer.from(svg)).metadata();
  return `${format} ${width}x${height}`;
}

describe('plotRun', () => {
  it('shows loss, rate and each score of each task, with its last value', async () => {
    const metrics = (share: number) => ({
      'caption.exact_match': share,
      'caption.cider': 10 * share,
      'segment.mask_iou': share / 2,
    });
    const events = [
      started(8),
      ...stepsOf(2),
      evaluation(2, metrics(0.2)),
      ...stepsOf(4).slice(2),
      evaluation(4, metrics(0.5)),
    ];
    const svg = plotRun('emoji', events);
    expect(await sizeOf(svg)).toBe('svg 960x784');
    const texts = textsOf(svg);
    expect(texts).toContain('Training emoji: 4 of 8 updates');
    expect(texts).toEqual(
      expect.arrayContaining([
        'Loss',
        'nats per token',
        'each update',
        'held out 1',
        'updates',
        'Learning rate',
        'learning rate 0.001',
        'Held out: caption',
        'exact_match 0.5',
        'cider / 10 0.5',
        'score, 0 to 1',
        'Held out: segment',
        'mask_iou 0.25',
      ]),
    );
    expect(svg.match(/<circle/g)).toHaveLength(2 * (1 + 3));
  });

  it('draws a loss that falls far by powers of ten', () => {
    expect(textsOf(plotRun('a', stepsOf(9)))).toContain('nats per token');
    const falling = plotRun('a', [started(9), ...stepsOf(9, (step) => 5 / step ** 2)]);
    expect(textsOf(falling)).toContain('nats per token (logarithmic)');
  });

  it('takes no more room for a long run', () => {
    const long = plotRun('a', [started(1e5), ...stepsOf(1e5)]);
    expect(long.length).toBeLessThan(50_000);
  });

  it('leaves out a loss that was no number', () => {
    const broken = stepsOf(3).map((event, n) => (n === 1 ? { ...event, loss: null } : event));
    expect(plotRun('a', broken as TrainingEvent[])).not.toMatch(/NaN|null|Infinity/);
  });

  it('is a picture of a run that has done nothing yet', async () => {
    const svg = plotRun('a', []);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(await sizeOf(svg)).toBe('svg 960x564');
  });

  it('writes whatever a prompt and a folder are called as text', async () => {
    const events = [...stepsOf(1), evaluation(1, { '<script>\u0001&.exact_match': 1 })];
    const svg = plotRun('"<b>&\u0000', events);
    expect(textsOf(svg)).toContain('Held out: &lt;script&gt;&amp;');
    expect(await sizeOf(svg)).toMatch('svg');
  });

  it('shows so many tasks and no more', () => {
    const metrics = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`word${n}.exact_match`, 1]),
    );
    const titles = textsOf(plotRun('a', [evaluation(1, metrics)]));
    expect(titles.filter((text) => text.startsWith('Held out'))).toHaveLength(11);
  });
});

describe('writeRunPlot', () => {
  let run: string;
  beforeEach(async () => {
    run = await mkdtemp(join(tmpdir(), 'pallet-plot-'));
  });
  afterEach(() => rm(run, { recursive: true }));

  it('makes plot.svg of the log', async () => {
    const lines = [started(2), ...stepsOf(2)].map((event) =>
      JSON.stringify({ at: 'now', ...event }),
    );
    await writeFile(join(run, 'log.jsonl'), `${lines.join('\n')}\n`);
    await writeRunPlot(run);
    expect((await readdir(run)).toSorted()).toEqual(['log.jsonl', 'plot.svg']);
    expect(textsOf(await readFile(join(run, 'plot.svg'), 'utf8'))[0]).toMatch(/: 2 of 2 updates$/);
  });
});
