import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runQuietly, say, StepError } from './step.js';

/** What the scripts of a Debian package start and enable services with. */
const SERVICE_TOOLS = [
  'invoke-rc.d',
  'update-rc.d',
  'systemctl',
  'deb-systemd-invoke',
  'deb-systemd-helper',
];

const NEEDED =
  'The tests need redis-server. Install it first: sudo apt-get install redis-server (or your system’s package of that name).';

/** Installs Debian's redis-server when it is missing and we may. Errors: StepError. */
export async function ensureRedisServer() {
  if (isThere('redis-server')) return;
  if (process.getuid?.() !== 0 || !isThere('apt-get')) throw new StepError(NEEDED);
  say('redis-server is missing: installing it with apt-get ...');
  await withoutServices(async (env) => {
    await runQuietly('apt-get', ['update', '-q'], env);
    await runQuietly(
      'apt-get',
      // An empty DPkg::Path leaves our PATH to the scripts of the package.
      ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Path=', 'redis-server'],
      env,
    );
  });
  if (!isThere('redis-server')) throw new StepError(NEEDED);
}

const isThere = (program) =>
  spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status === 0;

/**
 * The package would start a Redis of its own on port 6379, now and at every boot. Its scripts find their
 * tools on the PATH, so for the time of the install ones that do nothing stand before them; a policy-rc.d
 * would do the same to every other package, and outlive us when we are killed.
 */
async function withoutServices(use) {
  const folder = mkdtempSync(join(tmpdir(), 'pallet-apt-'));
  try {
    for (const name of SERVICE_TOOLS) {
      writeFileSync(join(folder, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    }
    await use({
      ...process.env,
      PATH: `${folder}:${process.env.PATH}`,
      DEBIAN_FRONTEND: 'noninteractive',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
