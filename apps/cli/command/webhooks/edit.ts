import type { Command } from 'commander';
import type { UpdateWebhook } from '#contracts';
import { action, connectForWebhooks, type CliContext, type CommandInput } from '../../context.js';
import { usageError } from '../../exit-code.js';
import { jsonOption } from '../options.js';
import { eventOption, payloadOption } from './endpoints.js';

interface EditFlags {
  json?: boolean;
  to?: string;
  event?: UpdateWebhook['events'];
  payload?: UpdateWebhook['payload'];
  description?: string;
}

export function addEditCommand(webhooks: Command, context: CliContext): void {
  webhooks
    .command('edit')
    .description('change a webhook; what is not named stays, its secret and its log too')
    .argument('<webhook>', 'id of the webhook')
    // Not --url: that is Pallet's own address, which every command takes, and where the API key goes.
    .option('--to <url>', 'where it sends from now on, also what still waits')
    .addOption(eventOption('what it is told of now'))
    .addOption(payloadOption())
    .option('--description <text>', "what it is for; '' takes it away")
    .addOption(jsonOption())
    .action(action<[string], EditFlags>(context, edit));
}

async function edit(input: CommandInput<EditFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const { to: url, event: events, payload, description } = flags;
  const change: UpdateWebhook = { url, events, payload, description };
  if (Object.values(change).every((value) => value === undefined)) {
    throw usageError('Say what to change: --to, --event, --payload or --description.');
  }
  const client = await connectForWebhooks(input);
  const webhook = await client.update(id, change, { signal: context.signal });
  if (flags.json) await context.output.json(webhook);
  else context.output.note(`changed ${webhook.id}, which sends to ${webhook.url}`);
}
