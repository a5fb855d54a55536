// `npm run test:mutants`: proves that the tests of the promises can fail. Each mutant is a copy of the sources with one
// safeguard taken out; the specs that watch over it must turn red there, one close to the code and one of the faults,
// and are green here.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireNode } from './node-version.js';

requireNode();
const { ensureBuild } = await import('./build.js');
const { ensurePackages } = await import('./packages.js');
const { ensureRedisServer } = await import('./redis-server.js');
const { fail, ROOT, say, StepError } = await import('./step.js');

const COPIED = [
  '.swcrc',
  'apps',
  'libs',
  'test',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.ts',
];
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
    watches: [
      {
        project: 'integration',
        spec: 'libs/database/pipeline.int-spec.ts',
        title: 'refuses the commit of a holder whose lease went to another',
      },
      {
        project: 'long-faults',
        spec: 'test/faults/long/late-commit.e2e-spec.ts',
        title: 'a commit that arrives when another has the lease is refused, as a whole',
      },
    ],
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
    watches: [
      {
        project: 'integration',
        spec: 'libs/database/pipeline.int-spec.ts',
        title: 'stays whole under any order of feeds',
      },
      {
        project: 'faults',
        spec: 'test/faults/network.e2e-spec.ts',
        title: 'gets no reply to commits that were made, and makes none of them twice',
      },
    ],
  },
  {
    without: 'the bytes before the row: a picture is acknowledged that the store has not',
    patches: [['libs/intake/image-store.ts', 'await file.send((body)', 'void file.send((body)']],
    watches: [
      {
        project: 'unit',
        spec: 'libs/intake/image-store.spec.ts',
        title: 'when the store has its bytes, and not before',
      },
      {
        project: 'long-faults',
        spec: 'test/faults/long/unfinished-upload.e2e-spec.ts',
        title: 'what the store has not taken is not acknowledged',
      },
    ],
  },
  {
    without: 'the comparison with its hash: whatever the store hands out is looked at',
    patches: [
      [
        'libs/storage/image-content.ts',
        "digest('hex') !== sha256) throw",
        "digest('hex') === '') throw",
      ],
    ],
    watches: [
      {
        project: 'unit',
        spec: 'libs/storage/image-content.spec.ts',
        title: 'is read as it was uploaded, or not at all',
      },
      {
        project: 'faults',
        spec: 'test/faults/network.e2e-spec.ts',
        title: 'that hands out a picture without its end is asked again',
      },
    ],
  },
];

try {
  await ensureRedisServer();
  await ensurePackages();
  await ensureBuild();
  const survivors = MUTANTS.flatMap(survivedBy);
  if (survivors.length > 0) throw new StepError(survivors.join('\n'));
  say(`${MUTANTS.length} mutants, each seen by all that watch over it.`);
} catch (error) {
  fail(error);
}

/**
 * Output: a line for each spec that did not see the mutant.
 * Errors: StepError when the mutant cannot be made, or a spec is not green without it.
 */
function survivedBy({ without, patches, watches }) {
  for (const watch of watches) {
    const failure = failureOf(ROOT, watch);
    if (failure !== undefined)
      throw new StepError(`${watch.spec} is red without any mutant; mend that first.\n${failure}`);
  }
  // Beside the checkout and on the same disk, so that packages are found by a link.
  const copy = mkdtempSync(join(ROOT, '..', '.pallet-mutant-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const patch of patches) apply(copy, patch);
    build(copy);
    say(`without ${without}`);
    return watches
      .filter((watch) => !isSeen(copy, watch))
      .map(({ spec }) => {
        return `SURVIVED without ${without}. ${spec} did not see it.`;
      });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function isSeen(copy, watch) {
  const failure = failureOf(copy, watch);
  say(`  ${watch.spec}: ${failure ?? 'NOT SEEN'}`);
  return failure !== undefined;
}

/** What the processes of the faults run. No dashboard: the api answers programs without one. */
function build(copy) {
  const ignored = '**/*spec.ts,**/node_modules/**,apps/dashboard/**';
  const args = ['swc', 'libs', 'apps', '-d', 'dist', '--quiet', '--ignore', ignored];
  const { status } = spawnSync('npx', args, { cwd: copy, stdio: 'inherit' });
  if (status !== 0) throw new StepError('The mutant does not compile.');
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
