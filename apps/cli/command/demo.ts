import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type Job } from '#contracts';
import { PalletClient } from '../client/pallet-client.js';
import { action, type CliContext, type CommandInput } from '../context.js';
import { startEmbeddedSystem, type EmbeddedSystem } from '../system/embedded-system.js';
import { chooseModel } from '../system/model-choice.js';
import { findPackageRoot } from '../system/package-root.js';
import { parseTask } from '../task/task-string.js';
import { findImageFiles } from '../upload/image-file.js';
import { analyse } from './analyse.js';
import { wholeNumber } from './options.js';
import { writeResultTable } from './result-output.js';
import { untilInterrupted } from './up.js';
import { exitCodeOfJob } from './wait.js';

interface DemoFlags {
  port: number;
  once?: boolean;
}

/** Every scene has a dog and a car. */
const TASKS = ['caption', 'answer how many cars are there?', 'detect dog ; car', 'segment dog'];
const FOLDERS = ['scenes', 'photos'];

/** What `npm run demo` runs once everything is installed and built. */
export function addDemoCommand(program: Command, context: CliContext): void {
  program
    .command('demo', { hidden: true })
    .description(
      'Starts everything, analyses the bundled scenes and photographs and prints the answers.',
    )
    .option('--once', 'stop after the table instead of staying up')
    .option('--port <port>', 'of the API; 0 takes a free one', wholeNumber(0, 65_535), 0)
    .action(action<[], DemoFlags>(context, demo));
}

async function demo({ flags, context }: CommandInput<DemoFlags>): Promise<number> {
  const { env, output, signal } = context;
  const root = findPackageRoot();
  const files = await findImageFiles(FOLDERS.map((name) => exampleFolder(root, name)));
  const dataDirectory = flags.data ?? join(root, '.pallet', 'demo');
  const model = chooseModel(undefined, dataDirectory);
  const system = await startEmbeddedSystem({
    port: flags.port,
    model,
    env,
    signal,
    dataDirectory,
    onEvent: (line) => output.note(line),
  });
  try {
    const client = new PalletClient(system);
    const { job, refused } = await analyse(
      client,
      { files, tasks: TASKS.map(parseTask), name: 'demo' },
      context,
    );
    await writeResultTable(client, job, context);
    if (model.note !== undefined) await output.data(`\n${model.name}: ${model.note}\n`);
    if (!flags.once) {
      await output.data(`\n${nextSteps(system, job)}\n`);
      await untilInterrupted(signal);
      output.note('stopping');
    }
    return refused.length === 0 ? exitCodeOfJob(job, true) : 1;
  } finally {
    await system.stop();
  }
}

function exampleFolder(root: string, name: string): string {
  const folder = join(root, 'examples', name);
  if (existsSync(folder)) return folder;
  throw new AppError(
    'cli.incomplete_checkout',
    `${folder} is missing. Restore it with \`git checkout -- examples\`.`,
  );
}

const nextSteps = (system: EmbeddedSystem, job: Job): string =>
  [
    `The API runs at ${system.url}, its OpenAPI description at ${system.url}/openapi.json.`,
    `  curl -H 'Authorization: Bearer ${system.apiKey}' ${system.url}/v1/jobs/${job.id}/results`,
    '  npx pallet run examples/scenes --task "answer where is the dog?"',
    `Data and logs: ${system.folder.path}. Ctrl-C stops it.`,
  ].join('\n');
