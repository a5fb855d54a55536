// `npm run demo`: from a fresh clone to answers on the screen. Only Node's own modules at the top, because
// nothing may be installed yet.
import { requireNode } from './node-version.js';

requireNode();
const { ensurePackages } = await import('./packages.js');
const { ensureBuild } = await import('./build.js');
const { fail } = await import('./step.js');

try {
  await ensurePackages();
  await ensureBuild();
} catch (error) {
  fail(error);
}
// In this process, so that Ctrl-C and the exit code need no passing on.
process.argv.splice(2, 0, 'demo');
await import('../bin/pallet.js');
