// `npm run trace`: builds, then runs test/trace/main.ts, which prints the trace of one picture.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env }).status ?? 1;
process.exit(
  run('npm', ['run', '--silent', 'build']) || run(process.execPath, ['dist/test/trace/main.js']),
);
