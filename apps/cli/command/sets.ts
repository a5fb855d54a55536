import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { findImageFiles } from '../upload/image-file.js';
import { uploadWithProgress } from './analyse.js';
import { jsonOption } from './options.js';

interface SetFlags {
  json?: boolean;
  name?: string;
}

export function addSetsCommand(program: Command, context: CliContext): void {
  const sets = program
    .command('sets')
    .summary('make image sets and fill them')
    .addHelpText(
      'after',
      `
Example:
  SET=$(pallet sets create --name holidays)
  pallet sets upload $SET photos/ more.zip
  pallet jobs create --set $SET --seal --task caption`,
    );
  sets
    .command('create')
    .description('make an empty image set; prints its id')
    .option('--name <name>', 'what to call it')
    .addOption(jsonOption())
    .action(action<[], SetFlags>(context, create));
  sets
    .command('upload')
    .description('add images to an open set; one that it already has is not added again')
    .argument('<set>', 'id of the set')
    .argument(
      '<path...>',
      'image files, zip and tar archives, and folders (with all images below them)',
    )
    .addOption(jsonOption())
    .action(action<[string, string[]], SetFlags>(context, upload));
  sets
    .command('seal')
    .description('close a set: it takes no more images, and jobs may use it')
    .argument('<set>', 'id of the set')
    .addOption(jsonOption())
    .action(action<[string], SetFlags>(context, seal));
  sets
    .command('rm')
    .description('delete sets with their images; answers of jobs over them stay')
    .argument('<set...>', 'ids of the sets')
    .action(action<[string[]], SetFlags>(context, remove));
}

async function create(input: CommandInput<SetFlags>): Promise<void> {
  const { flags, context } = input;
  const client = await connect(input);
  const set = await client.createImageSet(
    { name: flags.name },
    { signal: context.signal, idempotencyKey: randomUUID() },
  );
  await (flags.json ? context.output.json(set) : context.output.data(`${set.id}\n`));
}

async function upload(
  input: CommandInput<SetFlags>,
  setId: string,
  paths: string[],
): Promise<ExitCode> {
  const { flags, context } = input;
  const files = await findImageFiles(paths);
  const total = await uploadWithProgress(await connect(input), setId, files, context);
  const { accepted, duplicate, refused } = total;
  if (flags.json) {
    await context.output.json({ object: 'upload', image_set: setId, accepted, duplicate, refused });
  } else {
    await context.output.data(
      `${accepted} accepted, ${duplicate} already there, ${refused.length} refused\n`,
    );
  }
  return refused.length > 0 ? EXIT.failedItems : EXIT.ok;
}

async function seal(input: CommandInput<SetFlags>, setId: string): Promise<void> {
  const { flags, context } = input;
  const set = await (await connect(input)).sealImageSet(setId, { signal: context.signal });
  const { accepted } = set.image_counts;
  await (flags.json
    ? context.output.json(set)
    : context.output.data(`${set.id} sealed with ${accepted} images\n`));
}

async function remove(input: CommandInput<SetFlags>, setIds: string[]): Promise<void> {
  const client = await connect(input);
  for (const setId of setIds) {
    await client.deleteImageSet(setId, { signal: input.context.signal });
    await input.context.output.data(`${setId} deleted\n`);
  }
}
