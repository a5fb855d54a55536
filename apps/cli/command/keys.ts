import { Option, type Command } from 'commander';
import { createApiKey, SCOPES, type Key } from '#contracts';
import { action, connectForKeys, type CliContext, type CommandInput } from '../context.js';
import type { Column } from '../output/table.js';
import { jsonOption, moment } from './options.js';

interface JsonFlags {
  json?: boolean;
}
interface CreateFlags extends JsonFlags {
  scope: Key['scopes'];
  expires?: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'KEY' },
  { title: 'NAME', most: 40 },
  { title: 'BEGINS' },
  { title: 'MAY' },
  { title: 'LAST USED' },
  { title: 'STATE' },
];

export function addKeysCommand(program: Command, context: CliContext): void {
  const keys = program
    .command('keys')
    .summary('API keys of your tenant: make, list, revoke')
    .addHelpText(
      'after',
      `
Example:
  export PALLET_API_KEY=$(pallet keys create dashboard --scope read)`,
    );
  keys
    .command('create')
    .description('make a key; prints it, this once')
    .argument('<name>', 'what it is for')
    .addOption(
      new Option(
        '--scope <scope...>',
        'read: every GET; write: everything else; operate: what concerns all tenants',
      )
        .choices(SCOPES)
        .default(['read', 'write']),
    )
    .option('--expires <time>', 'from then on it is refused', moment)
    .addOption(jsonOption())
    .action(action<[string], CreateFlags>(context, create));
  keys
    .command('generate')
    .description('print a new key that no server knows, for BOOTSTRAP_API_KEY of an api')
    .action(action<[], JsonFlags>(context, generate));
  keys
    .command('ls')
    .description('list keys, newest first')
    .addOption(jsonOption())
    .action(action<[], JsonFlags>(context, list));
  keys
    .command('revoke')
    .description('make a key worthless, and the sessions of browsers that signed in with it')
    .argument('<key>', 'its id, as `pallet keys ls` shows it')
    .addOption(jsonOption())
    .action(action<[string], JsonFlags>(context, revoke));
}

async function create(input: CommandInput<CreateFlags>, name: string): Promise<void> {
  const { flags, context } = input;
  const client = await connectForKeys(input);
  const order = { name, scopes: flags.scope, expires_at: flags.expires };
  const key = await client.create(order, { signal: context.signal });
  if (flags.json) return context.output.json(key);
  context.output.note(`${key.id}; the key is shown this once`);
  return context.output.data(`${key.key ?? ''}\n`);
}

function generate({ context }: CommandInput<JsonFlags>): Promise<void> {
  return context.output.data(`${createApiKey()}\n`);
}

async function list(input: CommandInput<JsonFlags>): Promise<void> {
  const { output, signal } = input.context;
  const data: Key[] = [];
  for await (const key of (await connectForKeys(input)).list({ signal })) data.push(key);
  if (input.flags.json) await output.json({ object: 'list', data });
  else await output.data(output.table(COLUMNS).render(data.map(row)));
}

async function revoke(input: CommandInput<JsonFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const key = await (await connectForKeys(input)).revoke(id, { signal: context.signal });
  if (flags.json) await context.output.json(key);
  else context.output.note(`revoked ${key.id} (${key.name})`);
}

const row = (key: Key): string[] => [
  key.id,
  key.name,
  `${key.hint}...`,
  key.scopes.join(', '),
  key.last_used_at ?? '-',
  stateOf(key),
];

function stateOf({ revoked_at: revoked, expires_at: end }: Key): string {
  if (revoked !== null) return 'revoked';
  if (end === null) return 'valid';
  return Date.parse(end) > Date.now() ? `valid until ${end}` : 'expired';
}
