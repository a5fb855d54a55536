// `npm run test:rolling -- --from COMMIT`: the rolling update from an older commit to this checkout. The old code is
// built beside it and runs against the new schema while its processes are replaced under load.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireNode } from './node-version.js';

requireNode();
const { ensureBuild } = await import('./build.js');
const { ensurePackages } = await import('./packages.js');
const { ensureRedisServer } = await import('./redis-server.js');
const { fail, ROOT, runLoudly, runQuietly, say } = await import('./step.js');

const { values } = parseArgs({ options: { from: { type: 'string' } } });
if (values.from === undefined) {
  say('usage: npm run test:rolling -- --from COMMIT');
  process.exit(2);
}
// Beside the checkout and on the same disk, so that packages are found by a link.
const older = mkdtempSync(join(ROOT, '..', '.pallet-older-'));
try {
  await ensureRedisServer();
  await ensurePackages();
  await ensureBuild();
  say(`Building ${values.from} ...`);
  const archive = execFileSync('git', ['archive', values.from], { cwd: ROOT, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', older], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(older, 'node_modules'));
  // No dashboard: the api answers programs without one.
  const ignored = '**/*spec.ts,**/node_modules/**,apps/dashboard/**';
  const swc = join(ROOT, 'node_modules/.bin/swc');
  const build = `cd "${older}" && "${swc}" libs apps -d dist --quiet --ignore '${ignored}'`;
  await runQuietly('sh', ['-c', build]);
  process.env.ROLL_FROM = join(older, 'dist');
  process.exitCode = await runLoudly('npx', [
    'vitest',
    'run',
    '--project',
    'system',
    'test/rolling',
  ]);
} catch (error) {
  rmSync(older, { recursive: true, force: true });
  fail(error);
} finally {
  rmSync(older, { recursive: true, force: true });
}
