import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runQuietly, say, StepError } from './step.js';

/** Beside the packages: gone with them, and in nobody's way. */
const FOLDER = join(ROOT, 'node_modules/.cache/pallet');
const PLACE = join(FOLDER, 'libfaketime.so.1');

/**
 * Takes libfaketime out of Debian's package, for the faults that are wrong clocks. The package need not be installed.
 * Errors: StepError, where there is no apt-get.
 */
export async function ensureFaketime() {
  if (existsSync(PLACE)) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new StepError(
      'Clocks are not made wrong: that needs Debian and root. Its tests are skipped.',
    );
  }
  say('libfaketime is missing: taking it out of Debian’s package ...');
  const folder = mkdtempSync(join(tmpdir(), 'pallet-faketime-'));
  try {
    await runQuietly('apt-get', ['update', '-q']);
    const get = 'chmod 755 "$1" && cd "$1" && apt-get download -q libfaketime';
    await runQuietly('sh', ['-c', get, 'sh', folder]);
    const [file] = readdirSync(folder);
    await runQuietly('dpkg-deb', ['-x', join(folder, file), join(folder, 'x')]);
    mkdirSync(FOLDER, { recursive: true });
    const library = 'cp "$1"/x/usr/lib/*/faketime/libfaketime.so.1 "$2"';
    await runQuietly('sh', ['-c', library, 'sh', folder, `${PLACE}.part`]);
    renameSync(`${PLACE}.part`, PLACE);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
