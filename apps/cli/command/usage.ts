import type { Command } from 'commander';
import type { Usage } from '#contracts';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { jsonOption } from './options.js';

const COLUMNS = ['WHAT', 'USED', 'LIMIT', 'SHARE'].map((title) => ({ title }));

/** As people say them, in the order of the table. */
const NAMES = {
  stored_bytes: 'stored bytes',
  images: 'images',
  image_sets: 'image sets',
  open_jobs: 'open jobs',
  queued_items: 'waiting images',
} satisfies Record<Exclude<keyof Usage, 'object'>, string>;

/** What is stored and what waits, beside what may. */
export function addUsageCommand(program: Command, context: CliContext): void {
  program
    .command('usage')
    .description('show what is stored and what waits, and how much may')
    .addOption(jsonOption())
    .action(action<[], { json?: boolean }>(context, show));
}

async function show(input: CommandInput<{ json?: boolean }>): Promise<void> {
  const { output, signal } = input.context;
  const client = await connect(input);
  const usage = await client.usage({ signal });
  if (input.flags.json) return output.json(usage);
  return output.data(output.table(COLUMNS).render(rowsOf(usage)));
}

function rowsOf(usage: Usage): string[][] {
  return Object.entries(NAMES).map(([field, name]) => {
    const { used, limit } = usage[field as keyof typeof NAMES];
    return [name, amount(used), amount(limit), `${((100 * used) / limit).toFixed(1)} %`];
  });
}

const amount = (value: number): string => value.toLocaleString('en-US');
