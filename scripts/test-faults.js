// `npm run test:faults [-- --minutes N --seed S [FILE ...]]`: everything that breaks on purpose, or some files of it. Faults at random go on for so
// many minutes, from a seed that is printed, so that a run that failed can be run again.
import { parseArgs } from 'node:util';
import { requireNode } from './node-version.js';

requireNode();
const { ensureBuild } = await import('./build.js');
const { ensureFaketime } = await import('./faketime.js');
const { ensurePackages } = await import('./packages.js');
const { ensureRedisServer } = await import('./redis-server.js');
const { fail, runLoudly, say } = await import('./step.js');

const { values, positionals: filters } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
  allowPositionals: true,
});
process.env.FAULT_MINUTES = values.minutes;
if (values.seed !== undefined) process.env.FAULT_SEED = values.seed;
try {
  await ensureRedisServer();
  await ensurePackages();
  // Its place is beside the packages, which an install empties.
  await ensureFaketime().catch((error) => say(error.message));
  await ensureBuild();
} catch (error) {
  fail(error);
}
// `faults` are those that `npm test` runs as well, `long-faults` those that take too long for it.
const projects = ['--project', 'faults', '--project', 'long-faults'];
const wanted = filters.length === 0 ? ['test/faults'] : filters;
process.exitCode = await runLoudly('npx', ['vitest', 'run', ...projects, ...wanted]);
