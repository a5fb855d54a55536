import type { Command } from 'commander';
import { PalletClient } from '../../client/pallet-client.js';
import { findConnection } from '../../connection/connection.js';
import { action, type CliContext, type CommandInput } from '../../context.js';
import { jsonOption } from '../options.js';
import { bytesText, openModelStore } from './store.js';

const COLUMNS = ['MODEL', 'FAMILY', 'IMAGE', 'PRECISION', 'SIZE', 'WORKERS', 'NOTE'].map(
  (title) => ({
    title,
  }),
);

interface ListedModel {
  name: string;
  family?: string;
  image_size?: number;
  precision?: string;
  bytes?: number;
  source?: string;
  /** Of the system that answers; absent when none does. */
  workers?: number;
  note?: string;
}

export function addListCommand(models: Command, context: CliContext): void {
  models
    .command('ls')
    .description('list the imported models, and how many workers serve each')
    .addOption(jsonOption())
    .action(action<[], { json?: boolean }>(context, list));
}

async function list(input: CommandInput<{ json?: boolean }>): Promise<void> {
  const { output } = input.context;
  const models = merge(await imported(input), await served(input));
  if (input.flags.json) return output.json({ object: 'list', data: models });
  const rows = models.map((model) => [
    model.name,
    model.family ?? '',
    model.image_size === undefined ? '' : `${model.image_size} px`,
    model.precision ?? '',
    model.bytes === undefined ? '' : bytesText(model.bytes),
    model.workers === undefined ? '' : `${model.workers}`,
    model.note ?? model.source ?? '',
  ]);
  return output.data(output.table(COLUMNS).render(rows));
}

async function imported({ flags, context }: CommandInput<unknown>): Promise<ListedModel[]> {
  const store = await openModelStore(flags, context.env);
  return (await store.list()).map(({ name, bytes, manifest }) => ({
    name,
    bytes,
    family: manifest?.family,
    image_size: manifest?.imageSize,
    precision: manifest?.precision,
    source: manifest && [manifest.source.name, manifest.source.revision].filter(Boolean).join('@'),
    ...(manifest ? {} : { note: 'damaged: import it again' }),
  }));
}

/** Nothing when no system runs with this data folder and none was named: models are files of this machine. */
async function served(input: CommandInput<unknown>): Promise<ListedModel[]> {
  const connection = await findConnection(input.flags, input.context.env);
  if (!connection) return [];
  const client = new PalletClient(connection);
  const models = await client.listModels({ signal: input.context.signal });
  return models.map(({ id, family, image_size: size, workers, note }) => ({
    name: id,
    family,
    image_size: size,
    workers,
    note: note ?? undefined,
  }));
}

function merge(files: readonly ListedModel[], system: readonly ListedModel[]): ListedModel[] {
  const byName = new Map(files.map((model) => [model.name, model]));
  for (const model of system) byName.set(model.name, { ...byName.get(model.name), ...model });
  return [...byName.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}
