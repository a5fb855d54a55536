import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeControl } from '../../libs/testing/training/control.js';
import { trainedState } from '../../libs/testing/training/file-train.js';
import { compiled, REPOSITORY } from '../rig/repository.js';
import { tinyImage } from '../rig/tiny-image.js';

const CHECKPOINT = join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma');
const EPOCHS = 6;
const images = [0, 1, 2].map((n) => tinyImage(n));

let directory: string;
let base: string;
let data: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pallet-train-'));
  base = join(directory, 'data', 'checkpoints', 'small');
  await mkdir(base, { recursive: true });
  await cp(CHECKPOINT, base, { recursive: true });
  for (const { name, bytes } of images) await writeFile(join(directory, name), bytes);
  data = join(directory, 'train.jsonl');
  await writeLines(images.map(({ name }) => ({ image: name, prefix: 'caption', suffix: name })));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const writeLines = (lines: readonly object[]): Promise<void> =>
  writeFile(data, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);

/** One command as a user types it; Ctrl-C is pressed when `interrupt` aborts. */
async function pallet(
  args: readonly string[],
  interrupt?: AbortSignal,
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [join(REPOSITORY, 'bin/pallet.js'), ...args], {
    cwd: directory,
    env: {
      ...process.env,
      NO_COLOR: '1',
      REDIS_URL: '',
      PALLET_DATA: join(directory, 'data'),
      TRAIN_MODULE: compiled('libs/testing/training/file-train.js'),
      CLAIM_MS: '100',
    },
  });
  const told = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (told.out += String(chunk)));
  child.stderr.on('data', (chunk) => (told.err += String(chunk)));
  interrupt?.addEventListener('abort', () => child.kill('SIGINT'));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...told };
}

const TRAIN = ['train', 'train.jsonl', '--base', 'small', '--method', 'text'];
const RECIPE = ['--epochs', `${EPOCHS}`, '--checkpoint-every', '4', '--output', 'run'];

function undisturbed(): string {
  let state = '';
  for (let step = 0; step < EPOCHS * images.length; step += 1) {
    const { name, bytes } = images[step % images.length]!;
    state = trainedState(state, `caption ${name}`, bytes);
  }
  return state;
}

async function trainedIn(folder: string): Promise<string> {
  const text = await readFile(join(directory, folder, 'tokenizer_config.json'), 'utf8');
  return (JSON.parse(text) as { trained: string }).trained;
}

/** Steps that the log of the run knows: it grows with every step, so it tells that one was done. */
const stepsIn = async (folder: string): Promise<number> =>
  (await readFile(join(directory, folder, 'log.jsonl'), 'utf8').catch(() => '')).split('\n')
    .length - 1;

describe('pallet train', () => {
  it('ends after the step under way on Ctrl-C, and goes on with the same command', async () => {
    // It waits there for the interrupt, however long that takes to come.
    await writeControl(base, { holdAt: 2 });
    const interrupt = new AbortController();
    const running = pallet([...TRAIN, ...RECIPE], interrupt.signal);
    await expect.poll(() => stepsIn('run'), { interval: 20, timeout: 60_000 }).toBeGreaterThan(1);
    interrupt.abort();
    const interrupted = await running;
    expect(interrupted.code).toBe(130);
    const [, stopped] = /stopped after step (\d+)/.exec(interrupted.err) ?? [];
    expect(Number(stopped)).toBeLessThan(EPOCHS * images.length);
    expect(await readdir(join(directory, 'run', 'checkpoints'))).toContain(stopped);
    await writeControl(base, {});
    const again = await pallet([...TRAIN, ...RECIPE, '--name', 'mine', '--precision', 'f32']);
    expect(again.err).toContain(`goes on after step ${stopped}`);
    expect([again.code, again.out]).toEqual([0, `${join(directory, 'run', 'result')}\n`]);
    expect(await trainedIn('run/result')).toBe(undisturbed());
    expect(await trainedIn('data/models/mine')).toBe(undisturbed());
    const listed = await pallet(['models', 'ls', '--json']);
    expect(JSON.parse(listed.out)).toMatchObject({ data: [{ name: 'mine', precision: 'f32' }] });
  });

  it('names what is wrong with the command and with the data', async () => {
    const wrong = await pallet([...TRAIN, '--epochs', '0']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('epochs')]);
    const unknown = await pallet(['train', 'train.jsonl', '--base', 'nothing']);
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('config.json')]);
    const refused = { image: images[1]!.name, prefix: 'caption', suffix: 'PALLET-TEST-REFUSE' };
    await writeLines([{ ...refused, suffix: 'fine' }, refused]);
    const bad = await pallet(TRAIN);
    expect(bad.code).toBe(1);
    expect(bad.err).toContain('Line 2 is refused');
    expect(bad.err).toContain('[training.bad_data]');
    await writeLines([{ ...refused, suffix: 'PALLET-TEST-CRASH' }]);
    const crashed = await pallet(TRAIN);
    expect([crashed.code, crashed.err]).toEqual([1, expect.stringContaining('SIGKILL')]);
  });
});

describe('pallet up', () => {
  it('trains for whoever asks, and answers with what came out', async () => {
    const script = [
      'set -e',
      `pallet() { "${process.execPath}" "${join(REPOSITORY, 'bin/pallet.js')}" "$@"; }`,
      'SET=$(pallet sets create)',
      `pallet sets upload $SET ${images.map(({ name }) => name).join(' ')}`,
      `JOB=$(pallet fine-tuning create train.jsonl --base small --set $SET --seal --method text --epochs ${EPOCHS} --suffix up)`,
      'pallet fine-tuning events $JOB --follow | tail -1',
      'pallet fine-tuning cancel $JOB > /dev/null',
      'pallet fine-tuning ls',
      'MODEL=$(pallet fine-tuning get $JOB --json | sed -n \'s/.*"fine_tuned_model": "\\(.*\\)".*/\\1/p\')',
      'pallet fine-tuning download $JOB trained > trained.txt',
      `pallet run ${images[0]!.name} --task "prompt caption en" --model $MODEL --json > answer.json`,
    ];
    const up = await pallet(['up', '--port', '0', '--once-ready', script.join('\n')]);
    expect([up.code, up.err]).toEqual([0, expect.stringContaining('Pallet is ready')]);
    expect(up.out).toMatch(/Finished: jobs may name the model ft-small-up-[0-9a-f]{8}/);
    expect(up.out).toMatch(/ft_[0-9a-f]{32} +succeeded +18\/18 +small +text/);
    const answer = JSON.parse(await readFile(join(directory, 'answer.json'), 'utf8'));
    expect(answer.job).toMatchObject({ outcome: 'succeeded' });
    expect(answer.job.model).toMatch(/^ft-small-up-/);
    const told = await readFile(join(directory, 'trained.txt'), 'utf8');
    expect(told).toBe(`${join(directory, 'trained')}\n`);
    expect(await readdir(join(directory, 'trained'))).toContain('model.safetensors');
    expect((await trainedIn('trained')).length).toBe(64);
    expect(await stepsIn('trained')).toBe(EPOCHS * images.length);
  });
});
