// `npm run train:demo`: trains the demo's checkpoint from nothing, for hours; what is done is not done again. Only
// Node's own modules at the top, because nothing may be installed yet.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { requireNode } from './node-version.js';

requireNode();
const { ensurePackages } = await import('./packages.js');
const { ensureBuild } = await import('./build.js');
const { ROOT, fail, runQuietly, say } = await import('./step.js');

try {
  await ensurePackages();
  const pictures = join(ROOT, 'demo', 'pictures');
  if (!existsSync(join(pictures, 'node_modules', '.package-lock.json'))) {
    say('The pictures that scenes are made of are missing: installing ...');
    await runQuietly('npm', ['ci', '--no-audit', '--no-fund', '--prefix', pictures]);
  }
  await ensureBuild();
} catch (error) {
  fail(error);
}
process.chdir(ROOT);
await import('../dist/demo/train.js');
