import { Option, type Command } from 'commander';
import { randomUUID } from 'node:crypto';
import {
  webhookEventTypes,
  webhookPayloadSchema,
  webhookScopeSchema,
  type Webhook,
  type WebhookPayload,
} from '#contracts';
import { action, connectForWebhooks, type CliContext, type CommandInput } from '../../context.js';
import { WEBHOOK_COLUMNS, webhookRow } from '../../output/webhook-row.js';
import { jsonOption, wholeNumber } from '../options.js';

interface JsonFlags {
  json?: boolean;
}
interface CreateFlags extends JsonFlags {
  event?: (typeof webhookEventTypes)[number][];
  payload: WebhookPayload;
  scope: Webhook['scope'];
  description?: string;
}
interface ListFlags extends JsonFlags {
  job?: string;
  quiet?: boolean;
}
interface RotateFlags extends JsonFlags {
  overlap?: number;
}

/** `--event`, as often as wanted. Input: what holds where it is not given. */
export const eventOption = (otherwise = 'everything that ends'): Option =>
  new Option('--event <type...>', `what to be told of; default: ${otherwise}`).choices(
    webhookEventTypes,
  );

export function addEndpointCommands(webhooks: Command, context: CliContext): void {
  webhooks
    .command('create')
    .description('register an address; prints its id and, this once, its secret')
    .argument('<url>', 'https://...')
    .addOption(eventOption())
    .addOption(payloadOption().default('thin'))
    .addOption(
      new Option('--scope <scope>', 'named: only jobs that name it')
        .choices(webhookScopeSchema.options)
        .default('all'),
    )
    .option('--description <text>', 'what it is for')
    .addOption(jsonOption())
    .action(action<[string], CreateFlags>(context, create));
  webhooks
    .command('ls')
    .description('list webhooks, newest first')
    .option('--job <job>', 'only those that this job names')
    .option('-q, --quiet', 'ids only')
    .addOption(jsonOption())
    .action(action<[], ListFlags>(context, list));
  addOneEndpointCommands(webhooks, context);
}

function addOneEndpointCommands(webhooks: Command, context: CliContext): void {
  const one = (name: string, description: string): Command =>
    webhooks
      .command(name)
      .description(description)
      .argument('<webhook>', 'id of the webhook')
      .addOption(jsonOption());
  one('rm', 'remove a webhook with its log').action(action<[string], JsonFlags>(context, remove));
  for (const state of ['enabled', 'disabled'] as const) {
    const on = state === 'enabled';
    one(on ? 'enable' : 'disable', on ? 'send to it again' : 'send nothing to it').action(
      action<[string], JsonFlags>(context, (input, id) => switchTo(input, id, state)),
    );
  }
  one('rotate', 'give it its next secret, shown this once')
    .option(
      '--overlap <seconds>',
      'for so long the old one signs, too; default: a day',
      wholeNumber(0, 604_800),
    )
    .action(action<[string], RotateFlags>(context, rotate));
}

export const payloadOption = (): Option =>
  new Option('--payload <payload>', 'full: with the whole job').choices(
    webhookPayloadSchema.options,
  );

async function create(input: CommandInput<CreateFlags>, url: string): Promise<void> {
  const { flags, context } = input;
  const { event: events, payload, scope, description } = flags;
  const client = await connectForWebhooks(input);
  const webhook = await client.create(
    { url, events, payload, scope, description },
    { signal: context.signal, idempotencyKey: randomUUID() },
  );
  await writeSecret(webhook, input);
}

/** The id alone on stdout, so that a script can use it; the secret goes to whoever looks. */
async function writeSecret(webhook: Webhook, input: CommandInput<JsonFlags>): Promise<void> {
  const { output } = input.context;
  if (input.flags.json) return output.json(webhook);
  output.note(`secret, shown this once: ${webhook.secret ?? ''}`);
  return output.data(`${webhook.id}\n`);
}

async function list(input: CommandInput<ListFlags>): Promise<void> {
  const { flags, context } = input;
  const { output, signal } = context;
  const data: Webhook[] = [];
  const client = await connectForWebhooks(input);
  for await (const webhook of client.list({ job: flags.job, signal })) data.push(webhook);
  if (flags.json) await output.json({ object: 'list', data });
  else if (flags.quiet) await output.data(data.map(({ id }) => `${id}\n`).join(''));
  else await output.data(output.table(WEBHOOK_COLUMNS).render(data.map(webhookRow)));
}

async function remove(input: CommandInput<JsonFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  await (await connectForWebhooks(input)).remove(id, { signal: context.signal });
  if (flags.json) await context.output.json({ id, deleted: true });
  else context.output.note(`removed ${id}`);
}

async function switchTo(
  input: CommandInput<JsonFlags>,
  id: string,
  state: 'enabled' | 'disabled',
): Promise<void> {
  const { flags, context } = input;
  const client = await connectForWebhooks(input);
  const webhook = await client.update(id, { state }, { signal: context.signal });
  if (flags.json) await context.output.json(webhook);
  else context.output.note(`${webhook.id} is ${webhook.state}`);
}

async function rotate(input: CommandInput<RotateFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const options = { signal: context.signal, idempotencyKey: randomUUID() };
  const client = await connectForWebhooks(input);
  await writeSecret(await client.rotate(id, flags.overlap, options), input);
}
