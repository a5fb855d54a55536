import { defineConfig } from 'vitest/config';

// No 'import' here: vitest hands these to Node, whose `require` would then load the ESM half of packages.
const resolve = { conditions: ['source', 'node'] };
const ssr = { resolve: { conditions: ['source', 'node'] } };

const FAULTS = 'test/faults/**/*.e2e-spec.ts';
const LONG_FAULTS = 'test/faults/long/**/*.e2e-spec.ts';
/** Said, because vitest by itself leaves one core free, which on two cores is one file at a time. */
const FILES_AT_ONCE = 2;
/** What a poll waits for. Vitest by itself gives it a second, in which a busy machine may get round to nothing. */
const PATIENCE = { poll: { timeout: 30_000 } };
const WHOLE_PROCESSES = { testTimeout: 600_000, hookTimeout: 180_000, expect: PATIENCE };

/**
 * Five projects, by what a spec needs; two files at a time where nothing is said:
 *  unit         `x.spec.ts` beside the code: no network, no server, no disk beyond fixtures
 *  integration  `x.int-spec.ts` beside the code: real Redis, Postgres, S3 server
 *  system       `test/*.e2e-spec.ts`: whole processes, built by `npm run build`; one file at a time, for some measure
 *               time, frames or memory
 *  faults       `test/faults`: the same, but two files at a time again: they mostly wait for leases, timers, restarts
 *  long-faults  `test/faults/long`: minutes each; not for `npm test`, but for `npm run test:faults`
 */
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          // Most take milliseconds; what computes for ten seconds here may have a machine that is ten times slower.
          testTimeout: 120_000,
          hookTimeout: 60_000,
          expect: PATIENCE,
          include: ['{apps,libs,demo}/**/*.spec.ts'],
          exclude: ['**/node_modules/**'],
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          include: ['{apps,libs}/**/*.int-spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          expect: PATIENCE,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'system',
          include: ['test/**/*.e2e-spec.ts'],
          exclude: [FAULTS],
          ...WHOLE_PROCESSES,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'faults',
          include: [FAULTS],
          exclude: [LONG_FAULTS],
          ...WHOLE_PROCESSES,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'long-faults',
          include: [LONG_FAULTS],
          ...WHOLE_PROCESSES,
          fileParallelism: false,
        },
      },
    ],
  },
});
