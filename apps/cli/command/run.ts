import type { Command } from 'commander';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '#contracts';
import { PalletClient } from '../client/pallet-client.js';
import { dataDirectoryOf, findConnection } from '../connection/connection.js';
import { action, type CliContext, type CommandInput } from '../context.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { startEmbeddedSystem } from '../system/embedded-system.js';
import { chooseModel, type ModelChoice } from '../system/model-choice.js';
import { TASK_FORMS } from '../task/task-string.js';
import { findImageFiles } from '../upload/image-file.js';
import { analyse, type Analysis } from './analyse.js';
import { noteModel } from './model-note.js';
import { jsonOption, taskOption } from './options.js';
import { writeResultDocument, writeResultTable } from './result-output.js';
import { exitCodeOfJob } from './wait.js';

interface RunFlags {
  task: Task[];
  json?: boolean;
  model?: string;
  name?: string;
}

export function addRunCommand(program: Command, context: CliContext): void {
  program
    .command('run')
    .summary('analyse images and print the answers')
    .description(
      'Uploads the images, asks every task about each of them and prints the answers. It uses the Pallet that is running; if there is none, it starts one for as long as it takes.',
    )
    .argument(
      '<path...>',
      'image files, zip and tar archives, and folders (with all images below them)',
    )
    .addOption(taskOption())
    .option('--model <model>', 'which model; a checkpoint folder if nothing runs yet')
    .option('--name <name>', 'what to call the image set and the job')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Tasks:
${TASK_FORMS}

Examples:
  pallet run photos/ --task caption
  pallet run cat.jpg --task "detect cat" --task "answer what is it doing?"
  pallet run scans.zip --task ocr --json | jq '.data[].answers[].text'

It exits with 6 when an image failed or a file was refused.`,
    )
    .action(action<[string[]], RunFlags>(context, run));
}

async function run(input: CommandInput<RunFlags>, paths: string[]): Promise<ExitCode> {
  const files = await findImageFiles(paths);
  const { flags, context } = input;
  const connection = await findConnection(flags, context.env);
  const order = { files, tasks: flags.task, name: flags.name };
  const report = async (client: PalletClient, model?: string): Promise<ExitCode> => {
    const analysis = await analyse(client, { ...order, model }, context);
    await write(client, analysis, input);
    const code = exitCodeOfJob(analysis.job, true);
    return code === EXIT.ok && analysis.refused.length > 0 ? EXIT.failedItems : code;
  };
  if (connection !== undefined) return report(new PalletClient(connection), flags.model);
  const model = chooseModel(flags.model, dataDirectoryOf(flags, context.env));
  return withTemporarySystem(model, context, report);
}

async function write(
  client: PalletClient,
  { job, refused }: Analysis,
  { flags, context }: CommandInput<RunFlags>,
): Promise<void> {
  if (flags.json) {
    const head = { object: 'run', job, refused };
    await writeResultDocument(client, job, context, head);
  } else {
    await writeResultTable(client, job, context);
    await noteModel(client, job, context);
  }
}

async function withTemporarySystem(
  model: ModelChoice,
  context: CliContext,
  use: (client: PalletClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { output, env, signal } = context;
  const dataDirectory = await mkdtemp(join(tmpdir(), 'pallet-'));
  output.note('No Pallet is running; starting one for this command (`pallet up` keeps one).');
  try {
    const system = await startEmbeddedSystem({
      dataDirectory,
      port: 0,
      model,
      signal,
      // Its data are thrown away, so nothing is gained by finishing what an interrupt leaves half done.
      env: { ...env, DRAIN_TIMEOUT_MS: '1000' },
      onEvent: (line) => output.note(line),
    });
    try {
      return await use(new PalletClient(system));
    } finally {
      await system.stop();
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
}
