import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Import, LineError } from '#contracts';
import type { ImportClient } from '../client/import-client.js';
import { addBucketOptions, bucketAccess, type BucketFlags } from '../connection/bucket-access.js';
import { action, connectForImports, type CliContext, type CommandInput } from '../context.js';
import { EXIT, usageError, type ExitCode } from '../exit-code.js';
import {
  describeImport as describe,
  exitCodeOfImport as exitCodeOf,
  waitForImport,
} from './follow-import.js';
import { jsonOption } from './options.js';

interface ImportFlags extends BucketFlags {
  name?: string;
  dryRun?: boolean;
  /** False with --no-wait. */
  wait: boolean;
  json?: boolean;
  manifest?: boolean;
}

const SHOWN_LINES = 20;

const TYPES: Readonly<Record<string, string>> = {
  jsonl: 'application/jsonl',
  ndjson: 'application/jsonl',
  json: 'application/jsonl',
  csv: 'text/csv',
};

export function addImportCommand(program: Command, context: CliContext): void {
  const command = program
    .command('import')
    .summary('brings images into a set that a manifest or a bucket has')
    .description(
      'Brings images into an open set that a manifest names, by URL or by the SHA-256 of what was sent before. The server fetches them. Sent again, a manifest adds nothing. Or those of an S3 bucket; its keys are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) or from a profile, and the server keeps them sealed until the import has ended.',
    )
    .argument('<set>', 'id of the set')
    .argument('<source>', 'a manifest (.jsonl, .ndjson or .csv), or s3://bucket/photos/**/*.jpg');
  addBucketOptions(command)
    .option('--name <name>', 'what to call the import')
    .option('--manifest', 'what s3:// names is a manifest (JSONL) of images in that bucket')
    .option('--dry-run', 'only look at the lines')
    .option('--no-wait', 'do not wait until all is fetched')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Example:
  echo '{"url": "https://example.com/cat.jpg", "custom_id": "cat 1"}' > cats.jsonl
  pallet import $SET cats.jsonl
  pallet import $SET 's3://my-bucket/photos/**/*.jpg' --region eu-central-1
  pallet import $SET s3://my-bucket/lists/cats.jsonl --manifest`,
    )
    .action(action<[string, string], ImportFlags>(context, importImages));
}

function importImages(
  input: CommandInput<ImportFlags>,
  setId: string,
  source: string,
): Promise<ExitCode> {
  return source.startsWith('s3://')
    ? importBucket(input, setId, source)
    : importManifest(input, setId, source);
}

async function importBucket(
  input: CommandInput<ImportFlags>,
  setId: string,
  uri: string,
): Promise<ExitCode> {
  const { flags, context } = input;
  const { env, signal } = context;
  if (flags.dryRun) throw usageError('--dry-run is for manifests that you send.');
  const { name, manifest } = flags;
  const order = { uri, name, manifest, ...(await bucketAccess(flags, env)) };
  const client = await connectForImports(input);
  return follow(input, client, await client.createFromBucket(setId, order, { signal }));
}

async function importManifest(
  input: CommandInput<ImportFlags>,
  setId: string,
  path: string,
): Promise<ExitCode> {
  const { flags, context } = input;
  if (flags.manifest)
    throw usageError('--manifest is for one in a bucket, s3://bucket/list.jsonl.');
  const type = TYPES[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
  if (type === undefined) throw usageError('A manifest is a .jsonl, .ndjson or .csv file.');
  await access(path).catch(() => {
    throw usageError(`${path} does not exist or cannot be read.`);
  });
  const client = await connectForImports(input);
  if (flags.dryRun) return check(input, client, setId, { path, type });
  const { signal } = context;
  const made = await client.create(setId, { path, type, name: flags.name }, { signal });
  noteLines(context, made.line_errors);
  return follow(input, client, made);
}

async function follow(
  { flags, context }: CommandInput<ImportFlags>,
  client: ImportClient,
  made: Import,
): Promise<ExitCode> {
  const shown = flags.wait ? await waitForImport(client, made, context) : made;
  if (flags.json) await context.output.json(shown);
  else await context.output.data(`${shown.id}: ${describe(shown)}\n`);
  return exitCodeOf(shown);
}

async function check(
  { flags, context }: CommandInput<ImportFlags>,
  client: ImportClient,
  setId: string,
  manifest: { path: string; type: string },
): Promise<ExitCode> {
  const answer = await client.check(setId, manifest, { signal: context.signal });
  noteLines(context, answer.line_errors);
  const { found, usable } = answer.row_counts;
  if (flags.json) await context.output.json(answer);
  else await context.output.data(`${found} lines, ${usable} can be used\n`);
  return usable < found ? EXIT.failedItems : EXIT.ok;
}

function noteLines({ output }: CliContext, errors: readonly LineError[]): void {
  for (const { code, detail } of errors.slice(0, SHOWN_LINES)) output.note(`${detail} (${code})`);
  if (errors.length > SHOWN_LINES) output.note('... and more; --json shows them.');
}
