import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointFolder } from '../golden-fixture.js';
import { importCheckpoint, PaliGemma } from '../index.js';
import type { Recipe } from './recipe.js';
import { recipeOf } from './recipe-fixture.js';
import { train } from './train.js';
import type { TrainingEvent } from './training-run.js';

const BASE = checkpointFolder('tiny-paligemma');
const COLOURS = { red: '#d02020', green: '#20a020', blue: '#2030d0', white: '#f8f8f8' };
const RECIPE = recipeOf({
  seed: 7,
  epochs: 10,
  batchSize: 2,
  accumulation: 2,
  learningRate: 1e-2,
  textTokens: 24,
  checkpointEvery: 2,
  evaluateEvery: 1000,
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-train-'));
  const lines = [];
  for (const [name, background] of Object.entries(COLOURS)) {
    const picture = sharp({ create: { width: 32, height: 32, channels: 3, background } });
    await picture.png().toFile(join(folder, `${name}.png`));
    lines.push({ image: `${name}.png`, prefix: 'answer en which colour', suffix: name });
  }
  await write('data.jsonl', lines);
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, lines: readonly unknown[]): Promise<void> =>
  writeFile(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

function start(
  output: string,
  recipe: Partial<Recipe> = {},
  more: { signal?: AbortSignal; onEvent?: (event: TrainingEvent) => void; data?: string } = {},
) {
  const { data = 'data.jsonl', ...rest } = more;
  return train({
    base: BASE,
    data: join(folder, data),
    output: join(folder, output),
    recipe: { ...RECIPE, ...recipe },
    ...rest,
  });
}

/** Stops a run in the middle of everything, as a kill does: no checkpoint, no farewell. */
class Killed extends Error {}

async function killAt(output: string, step: number, recipe: Partial<Recipe> = {}): Promise<void> {
  const onEvent = (event: TrainingEvent): void => {
    if (event.kind === 'step' && event.step === step) throw new Killed();
  };
  await expect(start(output, recipe, { onEvent })).rejects.toBeInstanceOf(Killed);
}

const weights = (output: string): Promise<Buffer> =>
  readFile(join(folder, output, 'result/model.safetensors'));

async function losses(output: string): Promise<(number | undefined)[]> {
  const lines = (await readFile(join(folder, output, 'log.jsonl'), 'utf8')).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as TrainingEvent);
  return events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
}

describe('train', () => {
  it('teaches a tiny model the colours, and the engine answers with them', async () => {
    const outcome = await start('run', { epochs: 60, learningRate: 3e-3 });
    expect(outcome).toMatchObject({ end: 'finished', step: 60 });
    const all = await losses('run');
    expect(all.at(-1)!).toBeLessThan(0.1 * all[0]!);
    const engine = await PaliGemma.load(outcome.result!);
    try {
      for (const name of Object.keys(COLOURS)) {
        const image = join(folder, `${name}.png`);
        const request = { image, prompt: 'answer en which colour', maxNewTokens: 8 };
        for await (const answer of engine.generate([request])) {
          expect(answer).toMatchObject({ text: name });
        }
      }
    } finally {
      await engine.close();
    }
  });

  it('ends with the same weights and the same log, wherever it was killed or stopped on the way', async () => {
    await start('whole');
    for (const step of [1, 3, 4, 7]) await killAt(`killed-${step}`, step);
    await killAt('twice', 3);
    await killAt('twice', 6);
    const stop = new AbortController();
    const stopped = await start(
      'stopped',
      {},
      {
        signal: stop.signal,
        onEvent: (event) => event.kind === 'step' && event.step === 5 && stop.abort(),
      },
    );
    expect(stopped).toMatchObject({ end: 'stopped', step: 5, result: undefined });
    for (const run of ['killed-1', 'killed-3', 'killed-4', 'killed-7', 'twice', 'stopped']) {
      await start(run);
      expect((await weights(run)).equals(await weights('whole')), `run ${run}`).toBe(true);
      expect(await losses(run), `run ${run}`).toEqual(await losses('whole'));
    }
  });

  it('writes and tells each checkpoint once, stopped and started again after one as well', async () => {
    const told: number[] = [];
    const [first, second] = [new AbortController(), new AbortController()];
    const stopAt = (step: number, stop: AbortController) => (event: TrainingEvent) => {
      if (event.kind === 'checkpoint') told.push(event.step);
      if (event.kind === 'step' && event.step === step) stop.abort();
    };
    await start('run', {}, { signal: first.signal, onEvent: stopAt(4, first) });
    second.abort();
    const again = await start('run', {}, { signal: second.signal, onEvent: stopAt(0, second) });
    expect(again).toMatchObject({ end: 'stopped', step: 4 });
    await start('run', {}, { onEvent: stopAt(0, second) });
    expect(told).toEqual([2, 4, 6, 8, 10]);
  });

  it('learns the same when layers are computed again instead of kept', async () => {
    await start('kept', { epochs: 3 });
    await start('again', { epochs: 3, recomputes: true });
    const [kept, again] = [await losses('kept'), await losses('again')];
    kept.forEach((loss, index) => expect(again[index]).toBeCloseTo(loss!, 4));
  });

  it('leaves the tower as it was when only the text model learns', async () => {
    await start('text', { tuning: { kind: 'text' }, epochs: 4 });
    const all = await losses('text');
    expect(all.at(-1)).toBeLessThan(all[0]!);
    const before = await PaliGemma.load(BASE);
    const after = await PaliGemma.load(join(folder, 'text/result'));
    expect(after.info).toEqual({ ...before.info, precision: 'f32' });
    await before.close();
    await after.close();
  });

  it('gives an adapter that import merges, with dropout that resumes alike', async () => {
    const tuning = {
      kind: 'lora',
      rank: 4,
      alpha: 8,
      dropout: 0.2,
      targets: ['q_proj', 'down_proj'],
    } as const;
    const { result } = await start('lora', { tuning, epochs: 6 });
    await killAt('lora-killed', 3, { tuning, epochs: 6 });
    await start('lora-killed', { tuning, epochs: 6 });
    const adapter = (run: string) =>
      readFile(join(folder, run, 'result/adapter_model.safetensors'));
    expect((await adapter('lora-killed')).equals(await adapter('lora'))).toBe(true);
    const engine = join(folder, 'engine');
    await importCheckpoint(BASE, engine, { precision: 'f32', adapter: result });
    const loaded = await PaliGemma.load(engine);
    expect(loaded.info.precision).toBe('f32');
    await loaded.close();
  });

  it.each<Recipe['tuning']>([
    { kind: 'full' },
    { kind: 'lora', rank: 4, alpha: 16, dropout: 0, targets: ['q_proj', 'o_proj', 'down_proj'] },
  ])('evaluates on examples that were held out, by $kind', async (tuning) => {
    const events: TrainingEvent[] = [];
    await train({
      base: BASE,
      data: join(folder, 'data.jsonl'),
      validation: join(folder, 'data.jsonl'),
      output: join(folder, 'held'),
      recipe: { ...RECIPE, tuning, epochs: 40, evaluateEvery: 20 },
      onEvent: (event) => events.push(event),
    });
    const evaluations = events.flatMap((event) => (event.kind === 'evaluation' ? [event] : []));
    expect(evaluations.map(({ step }) => step)).toEqual([20, 40]);
    expect(evaluations[1]!.loss).toBeLessThan(evaluations[0]!.loss);
    expect(await readFile(join(folder, 'held/plot.svg'), 'utf8')).toContain('Held out: answer');
    // The base knows no colours: an adapter answers with them only when it was merged into it.
    expect(evaluations[1]!.metrics).toEqual({ 'answer.exact_match': 1, 'answer.token_f1': 1 });
  });

  it('does not go on with a run of another recipe or other data', async () => {
    await start('run', { epochs: 1 });
    await expect(start('run', { epochs: 1, seed: 8 })).rejects.toMatchObject({
      code: 'training.other_run',
    });
    await write('data.jsonl', [{ image: 'red.png', prefix: 'x', suffix: 'y' }]);
    await expect(start('run', { epochs: 1, batchSize: 1, accumulation: 1 })).rejects.toThrow(
      'another recipe and data',
    );
  });

  it('names every line that cannot be learned from, and trains nothing', async () => {
    await writeFile(join(folder, 'text.png'), 'no picture');
    const good = { image: 'red.png', prefix: 'caption en', suffix: 'red' };
    await write('bad.jsonl', [
      good,
      { ...good, image: 'missing.png' },
      { ...good, suffix: ' ' },
      { ...good, suffix: '<loc1024><loc0000><loc0001><loc0002> cat' },
      { ...good, suffix: '<seg128>' },
      { ...good, image: 'text.png' },
      { ...good, prefix: 'a '.repeat(40) },
      { ...good, prefix: '<image>' },
      { image: 'red.png', prefix: 'x' },
      { ...good, prefix: 5 },
      [],
    ]);
    const error = await start('run', {}, { data: 'bad.jsonl' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'training.bad_data' });
    const lines = (error as Error).message.match(/line \d+/g);
    expect(lines).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((line) => `line ${line}`));
    await expect(readFile(join(folder, 'run/log.jsonl'))).rejects.toThrow('ENOENT');
  });

  it('says what is wrong with a recipe, all of it', async () => {
    const broken = start('run', { epochs: 0, learningRate: -1, warmup: 1 });
    await expect(broken).rejects.toThrow(/epochs.*learningRate.*warmup/);
  });
});
