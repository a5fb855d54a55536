// `npm run bench -- NAME`: builds, then runs test/bench/NAME/main.ts. Its last line is one line of JSON.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const benches = readdirSync(join(root, 'test/bench'), { withFileTypes: true })
  .filter(
    (entry) => entry.isDirectory() && existsSync(join(root, 'test/bench', entry.name, 'main.ts')),
  )
  .map((entry) => entry.name);
const name = process.argv[2];
if (name === undefined || !benches.includes(name)) {
  console.error(`usage: npm run bench -- NAME, where NAME is one of: ${benches.join(', ')}`);
  process.exit(2);
}
const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env }).status ?? 1;
const built = run('npm', ['run', '--silent', 'build']);
process.exit(
  built || run(process.execPath, ['dist/test/bench/run.js', name, ...process.argv.slice(3)]),
);
