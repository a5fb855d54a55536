import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runQuietly, say, StepError } from './step.js';

/** Beside the packages: gone with them, and in nobody's way. */
const FOLDER = join(ROOT, 'node_modules/.cache/pallet');
const PLACE = join(FOLDER, 'promtool');

const NEEDED =
  'The tests of the alert rules need promtool. Install it first: sudo apt-get install prometheus (or your system’s package of that name).';

/**
 * Takes promtool out of Debian's package when there is none: installed, the package would start a Prometheus, and bring
 * a page and its fonts. Output: its path. Errors: StepError.
 */
export async function ensurePromtool() {
  if (spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0) return 'promtool';
  if (existsSync(PLACE)) return PLACE;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new StepError(NEEDED);
  say('promtool is missing: taking it out of Debian’s package prometheus ...');
  const folder = mkdtempSync(join(tmpdir(), 'pallet-promtool-'));
  try {
    await runQuietly('apt-get', ['update', '-q']);
    const get = 'chmod 755 "$1" && cd "$1" && apt-get download -q prometheus';
    await runQuietly('sh', ['-c', get, 'sh', folder]);
    const [file] = readdirSync(folder);
    await runQuietly('dpkg-deb', ['-x', join(folder, file), join(folder, 'x')]);
    mkdirSync(FOLDER, { recursive: true });
    await runQuietly('cp', [join(folder, 'x/usr/bin/promtool'), `${PLACE}.part`]);
    chmodSync(`${PLACE}.part`, 0o755);
    renameSync(`${PLACE}.part`, PLACE);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return PLACE;
}
