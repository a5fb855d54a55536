// `npm run test:mutants`: proves that the tests of the promises can fail. Each mutant is a copy of the sources with one
// safeguard taken out; the specs that watch over it must turn red there, and are green here.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireNode } from './node-version.js';

requireNode();
const { ensurePackages } = await import('./packages.js');
const { fail, ROOT, say, StepError } = await import('./step.js');

const COPIED = ['apps', 'libs', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const COMMIT = 'libs/database/query/commit-items.ts';
const MUTANTS = [
  {
    without: 'the fence: who lost a lease may still commit',
    patches: [
      [
        COMMIT,
        "WHERE id = $1 AND fence = $2 AND state = 'leased' FOR",
        'WHERE id = $1 AND $2::bigint > 0 FOR',
      ],
    ],
    project: 'integration',
    spec: 'libs/database/pipeline.int-spec.ts',
    title: 'refuses the commit of a holder whose lease went to another',
  },
  {
    without: 'the unique key of items: a commit that is repeated counts again',
    patches: [
      [
        'libs/database/migrations/000001_pipeline.sql',
        '  finished_at  timestamptz NOT NULL DEFAULT now(),\n  PRIMARY KEY (job_id, n)\n',
        '  finished_at  timestamptz NOT NULL DEFAULT now()\n',
      ],
      [
        'libs/database/query/cancel-job.ts',
        /  ON CONFLICT \(job_id, n\) DO UPDATE[^]*?WHERE items\.run < excluded\.run\n/,
        '',
      ],
      [COMMIT, /  ON CONFLICT \(job_id, n\) DO UPDATE[^]*?WHERE items\.run < excluded\.run\n/, ''],
    ],
    project: 'integration',
    spec: 'libs/database/pipeline.int-spec.ts',
    title: 'stays whole under any order of feeds',
  },
  {
    without: 'the bytes before the row: a picture is acknowledged that the store has not',
    patches: [['libs/intake/image-store.ts', 'await file.send((body)', 'void file.send((body)']],
    project: 'unit',
    spec: 'libs/intake/image-store.spec.ts',
    title: 'when the store has its bytes, and not before',
  },
];

try {
  await ensurePackages();
  const survivors = MUTANTS.filter((mutant) => !isKilled(mutant));
  if (survivors.length > 0) {
    throw new StepError(
      survivors
        .map(({ without, spec }) => `SURVIVED without ${without}. ${spec} did not see it.`)
        .join('\n'),
    );
  }
  say(`${MUTANTS.length} mutants, all of them seen.`);
} catch (error) {
  fail(error);
}

/** Errors: StepError when the mutant cannot be made, or the spec is not green without it. */
function isKilled(mutant) {
  if (failureOf(ROOT, mutant) !== undefined)
    throw new StepError(`${mutant.spec} is red without any mutant; mend that first.`);
  // Beside the checkout and on the same disk, so that packages are found by a link.
  const copy = mkdtempSync(join(ROOT, '..', '.pallet-mutant-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const patch of mutant.patches) apply(copy, patch);
    const failure = failureOf(copy, mutant);
    say(`without ${mutant.without}\n  ${failure ?? 'NOT SEEN'}`);
    return failure !== undefined;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function apply(copy, [path, from, to]) {
  const file = join(copy, path);
  const before = readFileSync(file, 'utf8');
  const after = before.replace(from, () => to);
  if (after === before)
    throw new StepError(`A patch fits no more in ${path}: ${from}. Change it with the code.`);
  writeFileSync(file, after);
}

/** First line of what the test failed with. Exactly one must have run: a title that fits none is no proof. */
function failureOf(root, { project, spec, title }) {
  const report = join(tmpdir(), `pallet-mutant-${process.pid}.json`);
  const args = [
    'vitest',
    'run',
    '--project',
    project,
    spec,
    '-t',
    title,
    '--reporter',
    'json',
    '--outputFile',
    report,
  ];
  spawnSync('npx', args, { cwd: root, stdio: 'ignore', timeout: 300_000 });
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
  const ran = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length !== 1)
    throw new StepError(
      `${spec}: ${ran.length} tests ran that are called "${title}", one is wanted.`,
    );
  return ran[0].status === 'passed' ? undefined : ran[0].failureMessages[0].split('\n')[0];
}
