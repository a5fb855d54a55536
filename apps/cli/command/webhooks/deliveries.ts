import { Option, type Command } from 'commander';
import { randomUUID } from 'node:crypto';
import {
  webhookDeliveryStateSchema,
  type WebhookDelivery,
  type WebhookDeliveryState,
} from '#contracts';
import { action, connectForWebhooks, type CliContext, type CommandInput } from '../../context.js';
import { usageError } from '../../exit-code.js';
import { DELIVERY_COLUMNS, deliveryRow } from '../../output/webhook-row.js';
import { jsonOption, wholeNumber } from '../options.js';

interface JsonFlags {
  json?: boolean;
}
interface ListFlags extends JsonFlags {
  state?: WebhookDeliveryState;
  limit: number;
}
interface RecoverFlags extends JsonFlags {
  since: string;
}

export function addDeliveryCommands(webhooks: Command, context: CliContext): void {
  const one = (name: string, description: string): Command =>
    webhooks
      .command(name)
      .description(description)
      .argument('<webhook>', 'id of the webhook')
      .addOption(jsonOption());
  one('test', 'send a test event').action(action<[string], JsonFlags>(context, test));
  one('deliveries', 'list what was sent, newest first; with an id: every attempt at one, as JSON')
    .argument('[delivery]', 'id of a delivery')
    .addOption(
      new Option('--state <state>', 'only these').choices(webhookDeliveryStateSchema.options),
    )
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1_000_000), 50)
    .action(action<[string, string | undefined], ListFlags>(context, deliveries));
  one('resend', 'send one again, under the same id')
    .argument('<delivery>', 'id of the delivery')
    .action(action<[string, string], JsonFlags>(context, resend));
  one('recover', 'send every event that it has not acknowledged')
    .requiredOption('--since <time>', 'from when on, for example 2026-01-31T08:00:00Z')
    .action(action<[string], RecoverFlags>(context, recover));
}

async function test(input: CommandInput<JsonFlags>, id: string): Promise<void> {
  const options = { signal: input.context.signal, idempotencyKey: randomUUID() };
  await write(input, await (await connectForWebhooks(input)).test(id, options));
}

async function deliveries(
  input: CommandInput<ListFlags>,
  id: string,
  delivery: string | undefined,
): Promise<void> {
  const { flags, context } = input;
  const { output, signal } = context;
  const client = await connectForWebhooks(input);
  // Headers and bodies fit no table.
  if (delivery !== undefined) {
    return output.json(await client.delivery(id, delivery, { signal }));
  }
  const { state, limit } = flags;
  const data: WebhookDelivery[] = [];
  for await (const one of client.deliveries(id, { state, limit, signal })) data.push(one);
  if (flags.json) return output.json({ object: 'list', data });
  return output.data(output.table(DELIVERY_COLUMNS).render(data.map(deliveryRow)));
}

async function resend(input: CommandInput<JsonFlags>, id: string, delivery: string): Promise<void> {
  const { signal } = input.context;
  await write(input, await (await connectForWebhooks(input)).resend(id, delivery, { signal }));
}

const write = ({ flags, context }: CommandInput<JsonFlags>, one: WebhookDelivery): Promise<void> =>
  flags.json ? context.output.json(one) : context.output.data(`${one.id}\n`);

async function recover(input: CommandInput<RecoverFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const at = new Date(flags.since);
  if (Number.isNaN(at.getTime())) {
    throw usageError(`"${flags.since}" is no time; write it like 2026-01-31T08:00:00Z.`);
  }
  const client = await connectForWebhooks(input);
  const recovery = await client.recover(id, at.toISOString(), { signal: context.signal });
  if (flags.json) return context.output.json(recovery);
  return context.output.data(`${recovery.deliveries} events are sent now\n`);
}
