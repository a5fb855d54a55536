import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POOL } from '#scaling';
import { runScaling, type ScalingRun } from './scaling-run.js';

/** Without a window for shrinking, so that workers are told to stop while they work. */
const POOL = {
  ...DEFAULT_POOL,
  maxReplicas: 4,
  behavior: {
    ...DEFAULT_POOL.behavior,
    scaleDown: { ...DEFAULT_POOL.behavior.scaleDown, stabilizationWindowSeconds: 0 },
  },
};

describe('real workers, started and stopped by the rules of KEDA and the HPA', () => {
  let run: ScalingRun;
  beforeAll(async () => {
    run = await runScaling({ pool: POOL, speed: 80, bursts: [220, 20] });
  });

  it('do each image of two bursts once, and are never none while something is to be done', () => {
    expect(run.faults).toEqual([]);
  });

  it('come from nothing, as many as the work needs, and go again: no flapping', () => {
    const [first, second] = run.bursts.map(({ measured }) => measured);
    expect([first!.mostReplicas, second!.mostReplicas]).toEqual([4, 1]);
    const replicas = [0, ...run.changes.map((change) => change.replicas)];
    const turns = replicas.filter((count, n) => {
      const [before, after] = [replicas[n - 1], replicas[n + 1]];
      if (before === undefined || after === undefined) return false;
      return Math.sign(count - before) !== Math.sign(after - count);
    });
    expect(turns).toEqual([4, 0, 1]);
    expect(run.samples.at(-1)).toMatchObject({ outstanding: 0, replicas: 0 });
  });

  it('are gone within 15 s of SIGTERM, and leave nothing leased', () => {
    expect(run.ends.length).toBe(5);
    for (const end of run.ends) {
      expect(end).toMatchObject({ code: 0, leasesAfter: 0 });
      expect(end.tookMs).toBeLessThan(15_000);
    }
    expect(Math.max(...run.ends.map(({ leasesBefore }) => leasesBefore))).toBeGreaterThan(0);
  });

  it('are as many as the simulation of the same load says', () => {
    for (const { measured, simulated } of run.bursts) {
      expect(measured.mostReplicas).toBe(simulated.mostReplicas);
    }
    expect(run.simulation.summary.zeroWithWork).toBe(0);
  });
});
