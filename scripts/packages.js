import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runQuietly, say } from './step.js';

/** Installs the packages when they are not those of the lock file. Errors: StepError. */
export async function ensurePackages() {
  const reason = findReason();
  if (reason === undefined) return;
  say(`${reason}: installing (npm ci, about a minute) ...`);
  await runQuietly('npm', ['ci', '--no-audit', '--no-fund']);
}

function findReason() {
  // npm writes this list of what it has put there as its last step, so an install that was cut off has none.
  const installed = readLock(join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'The npm packages are missing';
  const wanted = readLock(join(ROOT, 'package-lock.json'));
  const differs = Object.entries(wanted).some(([path, entry]) => {
    const found = installed[path];
    // The optional ones of other platforms are never installed.
    if (found === undefined) return path !== '' && !entry.optional && !entry.devOptional;
    return found.version !== entry.version || found.integrity !== entry.integrity;
  });
  return differs ? 'The npm packages are not those of package-lock.json' : undefined;
}

/** Package entries by their path in node_modules. Times are not compared: git and copies change them. */
function readLock(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}
