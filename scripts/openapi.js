// `npm run openapi`: builds, and writes the API's description and the client that is made of it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env }).status ?? 1;
const written = [
  'apps/api/openapi/openapi.json',
  'apps/api/openapi/released.json',
  'libs/client/api.ts',
];
process.exit(
  run('npm', ['run', '--silent', 'build']) ||
    run(process.execPath, ['dist/apps/api/openapi/write-openapi.js', ...process.argv.slice(2)]) ||
    run('npx', ['prettier', '--write', '--log-level', 'warn', ...written]),
);
