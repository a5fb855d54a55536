// `npm test`: everything that a change must pass, with its own set-up. Only Node's own modules at the top,
// because nothing may be installed yet. `npm test -- unit` runs one project; more words filter its files.
import { requireNode } from './node-version.js';

requireNode();
const { mkdtempSync, rmSync } = await import('node:fs');
const { tmpdir } = await import('node:os');
const { join } = await import('node:path');
const { ensureBuild } = await import('./build.js');
const { ensureChromium } = await import('./chromium-vulkan.js');
const { ensurePackages } = await import('./packages.js');
const { ensurePromtool } = await import('./promtool.js');
const { ensureRedisServer } = await import('./redis-server.js');
const { fail, runLoudly, say } = await import('./step.js');
const { countTests, summary } = await import('./vitest-report.js');

/** Cheap first. None of these says how many checks it holds, so one that fails counts as one. */
const CHECKS = ['types', 'lint', 'imports', 'format'];
const PROJECTS = ['unit', 'integration', 'system', 'faults'];

const [project, ...filters] = process.argv.slice(2);
const projects = PROJECTS.filter((name) => project === undefined || name === project);
if (projects.length === 0) {
  say(`"${project}" is no test project; there are ${PROJECTS.join(', ')}.`);
  process.exit(2);
}

try {
  // First, so that a missing program is said in one line before anything else runs.
  if (projects.some((name) => name !== 'unit')) await ensureRedisServer();
  if (projects.some((name) => name !== 'unit')) await ensureChromium();
  await ensurePackages();
  // Its place is beside the packages, which an install empties. One suite of checks is not worth all others.
  if (projects.includes('system')) await ensurePromtool().catch((error) => say(error.message));
  await ensureBuild();
} catch (error) {
  fail(error);
}

const total = { passed: 0, failed: 0, skipped: 0 };
let firstFailure = 0;
const reports = mkdtempSync(join(tmpdir(), 'pallet-test-'));
try {
  if (project === undefined) await checkAll();
  for (const name of projects) await test(name);
} finally {
  rmSync(reports, { recursive: true, force: true });
}
// The last line, alone and plain, for whoever reads it by machine.
process.stdout.write(`\n${summary(total)}\n`);
process.exitCode = firstFailure;

/** Two at a time: each keeps one core busy. */
async function checkAll() {
  const rest = CHECKS.values();
  const lane = async () => {
    for (const name of rest) await check(name);
  };
  await Promise.all([lane(), lane()]);
}

async function check(name) {
  say(`\n== ${name}`);
  const code = await runLoudly('npm', ['run', '--silent', name]);
  if (code !== 0) say(`== ${name}: failed`);
  if (code !== 0) total.failed += 1;
  firstFailure ||= code;
}

async function test(name) {
  say(`\n== ${name} tests`);
  const report = join(reports, `${name}.json`);
  const code = await runLoudly(process.execPath, [
    join('node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--passWithNoTests',
    `--project=${name}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ]);
  const counts = countTests(report, code);
  for (const key of Object.keys(total)) total[key] += counts[key];
  firstFailure ||= code;
}
