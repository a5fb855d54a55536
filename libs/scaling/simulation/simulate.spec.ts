import { describe, expect, it } from 'vitest';
import { autoscalingQuerySchema } from '#contracts';
import { burst, bursts, officeDays, type Arrival } from './load.js';
import { DEFAULT_POOL, DEFAULT_WORLD, type PoolSettings, type WorldSettings } from './settings.js';
import { simulate } from './simulate.js';

const run = (
  load: readonly Arrival[],
  world: Partial<WorldSettings> = {},
  pool: Partial<PoolSettings> = {},
) => simulate(load, { ...DEFAULT_POOL, ...pool }, { ...DEFAULT_WORLD, ...world });

const ratios = ({ summary }: ReturnType<typeof run>) => ({
  time: summary.finishedSeconds! / summary.idealSeconds,
  cost: summary.workerSeconds / summary.idealWorkerSeconds,
});

describe('a million images at once on 0 to 20 workers, with the default values', () => {
  const simulation = run(burst(1_000_000));
  const { summary, samples } = simulation;

  it('end within 1.15 times the ideal time, for 1.25 times the ideal cost', () => {
    expect(summary).toMatchObject({ idealSeconds: 5_000, idealWorkerSeconds: 100_000 });
    expect(ratios(simulation).time).toBeLessThan(1.15);
    expect(ratios(simulation).cost).toBeLessThan(1.25);
  });

  it('begin as soon as the first worker is there, and end at zero workers', () => {
    expect(summary.firstAnswerSeconds).toBe(DEFAULT_WORLD.startSeconds);
    expect(summary.mostReplicas).toBe(20);
    expect(samples.at(-1)).toMatchObject({ replicas: 0, outstanding: 0 });
  });

  it('never go to zero with work outstanding, and do not flap: up once, down once', () => {
    expect(summary).toMatchObject({ zeroWithWork: 0, flaps: 0 });
    const peak = samples.findIndex(({ replicas }) => replicas === 20);
    const replicas = samples.map((sample) => sample.replicas);
    const isSorted = (list: number[], sign: number) =>
      list.every((value, n) => n === 0 || (value - list[n - 1]!) * sign >= 0);
    expect(isSorted(replicas.slice(0, peak + 1), 1)).toBe(true);
    expect(isSorted(replicas.slice(peak), -1)).toBe(true);
  });

  it('hold for images that are faster or slower than the assumed time', () => {
    for (const secondsPerImage of [0.03, 0.5]) {
      const { time, cost } = ratios(run(burst(1_000_000), { secondsPerImage }));
      expect(time).toBeLessThan(1.15);
      expect(cost).toBeLessThan(1.25);
    }
  });
});

describe('the simulation', () => {
  it('gives the same answer for the same seed, and another for another', () => {
    const lossy = (seed: number) => run(burst(200_000), { lossesPerHour: 4, seed });
    expect(lossy(3)).toEqual(lossy(3));
    expect(lossy(3).summary).not.toEqual(lossy(4).summary);
  });

  it.each<[string, Arrival[], Partial<WorldSettings>]>([
    ['ten million', burst(10_000_000), {}],
    ['nights', officeDays(1_000_000, 2), {}],
    ['bursts', bursts(20_000, 6, 900), {}],
    ['slow nodes', burst(300_000), { slowPart: 0.3 }],
    ['spot losses', burst(300_000), { lossesPerHour: 6 }],
    ['an outage of the signal', burst(300_000), { outage: { from: 300, to: 1_500 } }],
    ['ten images', burst(10), {}],
  ])('ends %s, and is never at zero with work outstanding', (_, load, world) => {
    const { summary, samples } = run(load, world);
    expect(summary.finishedSeconds).not.toBeNull();
    expect(summary.zeroWithWork).toBe(0);
    expect(samples.at(-1)).toMatchObject({ replicas: 0 });
    expect(summary.workerSeconds).toBeGreaterThanOrEqual(Math.round(summary.idealWorkerSeconds));
  });

  it('counts every image once, also those of workers that vanish', () => {
    const { summary } = run(burst(100_000), { lossesPerHour: 20 });
    expect(summary.lostWorkers).toBeGreaterThan(5);
    // Each image waited at least the start of a worker.
    expect(summary.meanWaitSeconds).toBeGreaterThan(DEFAULT_WORLD.startSeconds);
    expect(summary.longestWaitSeconds).toBe(summary.finishedSeconds);
  });

  it('does not flap under a steady load', () => {
    const steady = Array.from({ length: 720 }, (_, n) => ({ at: n * 20, images: 1_600 }));
    const { summary } = run(steady);
    expect(summary.mostReplicas).toBeLessThan(20);
    expect(summary.flaps).toBeLessThanOrEqual(1);
  });

  it('shows a flapping pool for what it is', () => {
    const hasty = {
      ...DEFAULT_POOL.behavior.scaleDown,
      stabilizationWindowSeconds: 0,
      policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] as const,
    };
    const behavior = { ...DEFAULT_POOL.behavior, scaleDown: hasty };
    const { summary } = run(bursts(20_000, 6, 600), {}, { behavior });
    expect(summary.flaps).toBeGreaterThan(2);
  });

  it('sees a pool end under its last images when the signal leaves out what is in flight', () => {
    const pool = { ...DEFAULT_POOL, cooldownSeconds: 30 };
    const world = { ...DEFAULT_WORLD, secondsPerImage: 2 };
    const depth = simulate(burst(60), pool, world, ({ outstanding, inFlight }) =>
      Math.max(0, outstanding - inFlight),
    );
    expect(depth.summary.zeroWithWork).toBeGreaterThan(0);
    expect(simulate(burst(60), pool, world).summary.zeroWithWork).toBe(0);
  });

  it('keeps the fewest workers that are to run always', () => {
    const { summary, samples } = run(burst(1_000), {}, { minReplicas: 2 });
    expect(samples.every(({ replicas }) => replicas >= 2)).toBe(true);
    expect(summary.firstAnswerSeconds).toBe(DEFAULT_WORLD.startSeconds);
  });

  it('holds the pool while the signal cannot be read', () => {
    const { samples } = run(burst(1_000_000), { outage: { from: 1_000, to: 3_000 } });
    const during = samples.filter(({ at }) => at >= 1_000 && at < 3_000);
    expect(new Set(during.map(({ replicas }) => replicas))).toEqual(new Set([20]));
  });
});

it('the api asks for the same target where nobody says another', () => {
  const query = autoscalingQuerySchema.parse({});
  expect(query).toEqual({
    min: DEFAULT_POOL.minReplicas,
    max: DEFAULT_POOL.maxReplicas,
    target_seconds: DEFAULT_POOL.targetSeconds,
  });
});
