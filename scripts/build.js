import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runQuietly, say } from './step.js';

/** Written after a build that went through, so one that was cut off is not taken for one. */
const STAMP = join(ROOT, 'dist', '.built');
const SOURCES = ['apps', 'demo', 'libs', 'test', 'package.json', '.swcrc'];

/** Builds when a source is newer than the last build. Errors: StepError. */
export async function ensureBuild() {
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs;
  if (built !== undefined && SOURCES.every((source) => newest(join(ROOT, source)) <= built)) return;
  say(built === undefined ? 'Building ...' : 'The sources have changed: building ...');
  const startedAt = new Date();
  await runQuietly('npm', ['run', '--silent', 'build']);
  writeFileSync(STAMP, startedAt.toISOString());
}

/** Time of the latest change at or below `path`; a folder's own time tells of removed files. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  const below = readdirSync(path)
    .filter((name) => name !== 'fixtures' && name !== 'node_modules')
    .map((name) => newest(join(path, name)));
  return Math.max(info.mtimeMs, ...below);
}
