import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_POOL, plotSimulation } from '#scaling';
import { REPOSITORY } from '../../rig/repository.js';
import { runScaling, type BurstFigures } from '../../scaling/scaling-run.js';

/**
 * Real workers under a local actuator with the chart's defaults, on a clock that runs faster, and the simulation of the
 * same load beside it. Draws docs/scaling-measured.svg.
 *
 * BENCH_SPEED, BENCH_WORKERS at most, BENCH_BURSTS images of each, with commas; BENCH_PLOT another file.
 */
const SPEED = Number(process.env['BENCH_SPEED'] ?? 15);
const WORKERS = Number(process.env['BENCH_WORKERS'] ?? 4);
const BURSTS = (process.env['BENCH_BURSTS'] ?? '1600,240').split(',').map(Number);
const PLOT = process.env['BENCH_PLOT'] ?? join(REPOSITORY, 'docs', 'scaling-measured.svg');

const pool = { ...DEFAULT_POOL, maxReplicas: WORKERS };
const run = await runScaling({ pool, speed: SPEED, bursts: BURSTS });
const title = `${BURSTS.join(' and ')} images, 0 to ${WORKERS} real workers, a clock ${SPEED} times faster`;
await writeFile(
  PLOT,
  plotSimulation(run, title, { name: 'simulation', samples: run.simulation.samples }),
);
const rounded = (figures: BurstFigures) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value)]));
console.log(
  JSON.stringify({
    bench: 'autoscaling',
    speed: SPEED,
    start_seconds: Math.round(run.startSeconds),
    drain_seconds: Math.round(run.drainSeconds),
    most_drain_ms: Math.round(Math.max(...run.ends.map(({ tookMs }) => tookMs))),
    stopped_with_leases: run.ends.filter(({ leasesBefore }) => leasesBefore > 0).length,
    bursts: run.bursts.map(({ measured, simulated }) => ({
      measured: rounded(measured),
      simulated: rounded(simulated),
    })),
    changes: run.changes.map(({ at, replicas }) => [Math.round(at), replicas]),
    faults: run.faults,
  }),
);
process.exitCode = run.faults.length === 0 ? 0 : 1;
