import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli } from '../../testing/captured.js';
import { SCENARIOS } from './scenario.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

const json = async (...args: string[]) =>
  JSON.parse((await cli(['simulate-scaling', '--json', ...args])).out);

describe('pallet simulate-scaling', () => {
  it('says what a million images cost and how long they wait, and draws it', async () => {
    const plot = join(folder, 'plot.svg');
    const { code, out } = await cli(['simulate-scaling', '--price', '3.60', '--plot', plot]);
    expect(code).toBe(0);
    expect(out).toMatch(/^images +1000000$/m);
    expect(out).toMatch(/^finished after +8\d\.\d min \(1\.0\d x ideal\)$/m);
    expect(out).toMatch(/^worker time +\d+\.\d h \(1\.0\d x ideal\)$/m);
    expect(out).toMatch(/^price +10\d\.\d\d$/m);
    expect(out).toMatch(/^zero workers with work outstanding +0 times$/m);
    expect(await readFile(plot, 'utf8')).toMatch(/^<svg/);
  });

  it('takes the settings that it is given', async () => {
    const few = await json('--max', '5', '--images', '100000');
    expect(few).toMatchObject({ object: 'scaling_simulation', most_replicas: 5, images: 100_000 });
    const slow = await json('--seconds-per-image', '0.2', '--images', '100000');
    expect(slow.ideal_worker_seconds).toBe(20_000);
    const late = await json('--start', '900', '--images', '10');
    expect(late.first_answer_seconds).toBe(900);
    const loss = await json('--losses-per-hour', '10', '--images', '100000');
    expect(loss.lost_workers).toBeGreaterThan(0);
    const kept = await json('--min', '3', '--images', '10');
    expect(kept.most_replicas).toBe(3);
  });

  it.each(Object.keys(SCENARIOS))('knows the scenario %s', async (scenario) => {
    const images = '30000';
    const summary = await json('--scenario', scenario, '--images', images);
    expect(summary.images).toBeCloseTo(Number(images), -2);
    expect(summary.zero_with_work).toBe(0);
    expect((await cli(['simulate-scaling', '--help'])).out).toContain(scenario);
  });

  it('reads a recorded load, and says what is wrong with one', async () => {
    const file = join(folder, 'load.csv');
    await writeFile(file, 'seconds,images\n0,1000\n7200,500\n');
    expect(await json('--load', file)).toMatchObject({ images: 1_500 });
    await writeFile(file, '0,many\n');
    const wrong = await cli(['simulate-scaling', '--load', file]);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('Line 1')]);
    const absent = await cli(['simulate-scaling', '--load', join(folder, 'none.csv')]);
    expect([absent.code, absent.err]).toEqual([1, expect.stringContaining('[load.unreadable]')]);
  });

  it.each([
    [['--min', '9', '--max', '3']],
    [['--scenario', 'odd']],
    [['--price', 'much']],
    [['--polling', '0']],
    [['--seconds-per-image', '0']],
  ])('refuses %j', async (args) => {
    expect((await cli(['simulate-scaling', ...args])).code).toBe(2);
  });
});
