// `npm run fuzz -- --minutes N --seed S`: builds, then runs test/fuzz/main.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env }).status ?? 1;
process.exit(
  run('npm', ['run', '--silent', 'build']) ||
    run(process.execPath, ['dist/test/fuzz/main.js', ...process.argv.slice(2)]),
);
