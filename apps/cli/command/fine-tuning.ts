import { Option, type Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fineTuningStateSchema, type FineTuning, type FineTuningState } from '#contracts';
import type { PalletClient } from '../client/pallet-client.js';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { EXIT, usageError, type ExitCode } from '../exit-code.js';
import {
  describeFineTuning,
  eventLine,
  FINE_TUNING_COLUMNS,
  fineTuningRow,
} from '../output/fine-tuning-row.js';
import { jsonOption, wholeNumber } from './options.js';
import { downloadResult, type DownloadFlags } from './fine-tuning-download.js';
import { addTuningOptions, readTuningPlan, type TuningFlags } from './tuning-options.js';

interface JsonFlags {
  json?: boolean;
}

interface CreateFlags extends TuningFlags {
  json?: boolean;
  base: string;
  set?: string;
  seal?: boolean;
  validation?: string;
  suffix?: string;
  idempotencyKey?: string;
}

interface ListFlags extends JsonFlags {
  state?: FineTuningState;
  limit: number;
  quiet?: boolean;
}

const FOLLOW_MS = 1_000;

export function addFineTuningCommand(program: Command, context: CliContext): void {
  const tuning = program
    .command('fine-tuning')
    .summary(
      'fine-tune on the server: create, list, follow, cancel and resume jobs, download results',
    )
    .addHelpText(
      'after',
      `
Example:
  SET=$(pallet sets create); pallet sets upload $SET photos/
  JOB=$(pallet fine-tuning create train.jsonl --base tiny --set $SET --seal --epochs 5)
  pallet fine-tuning events $JOB --follow
  pallet fine-tuning download $JOB trained/`,
    );
  addCreateCommand(tuning, context);
  tuning
    .command('upload')
    .description('upload a file of examples; prints its id')
    .argument('<data>', 'JSONL file of {"image","prefix","suffix"}')
    .action(action<[string], object>(context, upload));
  tuning
    .command('ls')
    .description('list jobs, newest first')
    .addOption(new Option('--state <state>', 'only these').choices(fineTuningStateSchema.options))
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1_000_000), 50)
    .option('-q, --quiet', 'ids only')
    .addOption(jsonOption())
    .action(action<[], ListFlags>(context, list));
  const one = (name: string, description: string): Command =>
    tuning
      .command(name)
      .description(description)
      .argument('<job>', 'id of the job')
      .addOption(jsonOption());
  one('get', 'show where a job stands').action(action<[string], JsonFlags>(context, get));
  one('cancel', 'end a job after the update under way, with a checkpoint').action(
    action<[string], JsonFlags>(context, (input, id) => change(input, id, 'cancel')),
  );
  one('resume', 'go on with a cancelled or failed job from its last checkpoint').action(
    action<[string], JsonFlags>(context, (input, id) => change(input, id, 'resume')),
  );
  one('download', 'bring what a job was trained to here: an adapter, or a whole checkpoint')
    .argument('[folder]', 'to make for it; named after the model if not given')
    .action(action<[string, string?], DownloadFlags>(context, downloadResult));
  one('events', 'show what happened to a job: losses, scores, checkpoints')
    .option('-f, --follow', 'until it has ended; exits with 1 if it did not succeed')
    .action(action<[string], JsonFlags & { follow?: boolean }>(context, events));
}

function addCreateCommand(tuning: Command, context: CliContext): void {
  const command = tuning
    .command('create')
    .description('train on a file of examples, uploaded first; prints the id of the job')
    .argument('<data>', 'JSONL file of {"image","prefix","suffix"}, or the id of an uploaded one')
    .requiredOption('--base <model>', 'a checkpoint that the trainer has')
    .option('--set <set>', 'image set whose file names the lines name')
    .option('--seal', 'close the set first')
    .option('--validation <file>', 'the same as <data>, held out')
    .option('--suffix <word>', 'goes into the name of the model')
    .option('--idempotency-key <key>', 'the same key gives the same job again, if files are ids');
  addTuningOptions(command)
    .addOption(jsonOption())
    .action(action<[string], CreateFlags>(context, create));
}

async function create(input: CommandInput<CreateFlags>, data: string): Promise<void> {
  const { flags, context } = input;
  const { method, hyperparameters, seed } = readTuningPlan(flags);
  const client = await connect(input);
  const { signal } = context;
  const { validation } = flags;
  const job = await client.createFineTuning(
    {
      model: flags.base,
      training_file: await uploadFile(client, data, signal),
      validation_file:
        validation === undefined ? undefined : await uploadFile(client, validation, signal),
      image_set: flags.set,
      seal: flags.seal ?? false,
      method,
      hyperparameters,
      seed,
      suffix: flags.suffix,
      precision: flags.precision,
    },
    { signal, idempotencyKey: flags.idempotencyKey ?? randomUUID() },
  );
  await (flags.json ? context.output.json(job) : context.output.data(`${job.id}\n`));
}

async function upload(input: CommandInput<object>, path: string): Promise<void> {
  const id = await uploadFile(await connect(input), path, input.context.signal);
  await input.context.output.data(`${id}\n`);
}

const FILE_ID = /^file_[0-9a-f]{32}$/;

async function uploadFile(
  client: PalletClient,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  if (FILE_ID.test(path)) return path;
  const form = new FormData();
  form.append('purpose', 'fine-tune');
  const blob = await openAsBlob(path).catch(() => {
    throw usageError(`${path} does not exist or cannot be read.`);
  });
  form.append('file', blob, basename(path));
  return (await client.createFile(form, { signal })).id;
}

async function list(input: CommandInput<ListFlags>): Promise<void> {
  const { flags, context } = input;
  const { state, limit } = flags;
  const jobs: FineTuning[] = [];
  const client = await connect(input);
  const query = { state, limit, signal: context.signal };
  for await (const job of client.listFineTunings(query)) jobs.push(job);
  const { output } = context;
  if (flags.json) await output.json({ object: 'list', data: jobs });
  else if (flags.quiet) await output.data(jobs.map((job) => `${job.id}\n`).join(''));
  else await output.data(output.table(FINE_TUNING_COLUMNS).render(jobs.map(fineTuningRow)));
}

const write = (job: FineTuning, { flags, context }: CommandInput<JsonFlags>): Promise<void> =>
  flags.json ? context.output.json(job) : context.output.data(describeFineTuning(job));

async function get(input: CommandInput<JsonFlags>, id: string): Promise<void> {
  const client = await connect(input);
  await write(await client.getFineTuning(id, { signal: input.context.signal }), input);
}

async function change(
  input: CommandInput<JsonFlags>,
  id: string,
  kind: 'cancel' | 'resume',
): Promise<void> {
  const client = await connect(input);
  const { signal } = input.context;
  await write(await client.changeFineTuning(id, kind, { signal }), input);
}

async function events(
  input: CommandInput<JsonFlags & { follow?: boolean }>,
  id: string,
): Promise<ExitCode> {
  const { flags, context } = input;
  const { output, signal } = context;
  const client = await connect(input);
  for (let after = 0; ;) {
    // Asked first: what the job says last is there once it has ended.
    const { state } = await client.getFineTuning(id, { signal });
    for await (const event of client.fineTuningEvents(id, { after, signal })) {
      await output.data(flags.json ? `${JSON.stringify(event)}\n` : eventLine(event));
      after = event.n;
    }
    const hasEnded = ['succeeded', 'failed', 'cancelled'].includes(state);
    if (!flags.follow) return EXIT.ok;
    if (hasEnded) return state === 'succeeded' ? EXIT.ok : EXIT.failed;
    await pause(FOLLOW_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
