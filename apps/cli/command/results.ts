import { Option, type Command } from 'commander';
import { itemStateSchema, type ItemState } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { jsonOption } from './options.js';
import { writeResultDocument, writeResultLines, writeResultTable } from './result-output.js';

interface ResultFlags {
  json?: boolean;
  jsonl?: boolean;
  state?: ItemState;
  image?: string;
  imagePrefix?: string;
}

export function addResultsCommand(program: Command, context: CliContext): void {
  program
    .command('results')
    .description('print the answers of a job; while it runs, those that are there')
    .argument('<job>', 'id of the job')
    .addOption(new Option('--state <state>', 'only these').choices(itemStateSchema.options))
    .addOption(
      new Option('--image <name>', 'only this custom id or file name').conflicts('imagePrefix'),
    )
    .option('--image-prefix <text>', 'only where one of them begins so')
    .addOption(jsonOption())
    .addOption(new Option('--jsonl', 'write one JSON object per image and line').conflicts('json'))
    .addHelpText(
      'after',
      `
Examples:
  pallet results job_019a... --jsonl > answers.jsonl
  pallet results job_019a... --state failed
  pallet results job_019a... --image-prefix camera-7/`,
    )
    .action(action<[string], ResultFlags>(context, results));
}

async function results(input: CommandInput<ResultFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const client = await connect(input);
  const query = { state: flags.state, image: flags.image, image_prefix: flags.imagePrefix };
  if (flags.jsonl) return writeResultLines(client, id, context, query);
  const job = await client.getJob(id, { signal: context.signal });
  if (job.finished_at === null) {
    context.output.note(`${job.id} still runs: these are the answers so far.`);
  }
  if (flags.json) {
    return writeResultDocument(client, job, context, { object: 'list', job }, query);
  }
  return writeResultTable(client, job, context, query);
}
