import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../training-run.js';
import { RunLog } from './run-log.js';

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'pallet-log-'));
});
afterEach(() => rm(run, { recursive: true }));

const stepOf = (step: number, loss = 1 / step): TrainingEvent => ({
  kind: 'step',
  step,
  loss,
  learningRate: 1e-3,
  gradientNorm: 1,
  examplesPerSecond: 5,
});
const started: TrainingEvent = {
  kind: 'started',
  examples: 8,
  steps: 4,
  resumedAt: 0,
  trainedParameters: 9,
};

async function lines(): Promise<({ at: string } & TrainingEvent)[]> {
  const text = await readFile(join(run, 'log.jsonl'), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { at: string } & TrainingEvent);
}

async function write(resumedAt: number, ...events: readonly TrainingEvent[]): Promise<void> {
  const log = await RunLog.open(run, resumedAt);
  for (const event of events) await log.add(event);
}

describe('RunLog', () => {
  it('has a line for each event, with the time', async () => {
    await write(0, started, stepOf(1));
    const [first, second] = await lines();
    expect(first).toEqual({ ...started, at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(second).toMatchObject(stepOf(1));
  });

  it('goes on behind the step that it is resumed at, and forgets what came after', async () => {
    await write(0, started, stepOf(1), stepOf(2), stepOf(3), stepOf(4));
    await write(2, { ...started, resumedAt: 2 }, stepOf(3, 30));
    const told = (await lines()).map((event) =>
      event.kind === 'step' ? [event.step, event.loss] : event.kind,
    );
    expect(told).toEqual(['started', [1, 1], [2, 1 / 2], 'started', [3, 30]]);
  });

  it('drops the half line that a kill left', async () => {
    await write(0, started, stepOf(1));
    await appendFile(join(run, 'log.jsonl'), '{"at":"2026-01-01T00:00:00.000Z","kind":"st');
    await write(1, stepOf(2));
    expect((await lines()).map(({ kind }) => kind)).toEqual(['started', 'step', 'step']);
  });

  it('keeps what was told of the step that it is resumed at', async () => {
    const evaluation: TrainingEvent = { kind: 'evaluation', step: 1, loss: 2, metrics: {} };
    await write(0, stepOf(1), evaluation, stepOf(2));
    await write(1);
    expect((await lines()).map(({ kind }) => kind)).toEqual(['step', 'evaluation']);
  });
});
