import type { Command } from 'commander';
import { once } from 'node:events';
import { webhookEventTypes, type WebhookPayload } from '#contracts';
import { isWebhookSigned } from '#webhooks';
import type { WebhookClient } from '../../client/webhook-client.js';
import { action, connectForWebhooks, type CliContext, type CommandInput } from '../../context.js';
import type { Output } from '../../output/output.js';
import { wholeNumber } from '../options.js';
import { eventOption, payloadOption } from './endpoints.js';
import { Receiver, type ReceivedWebhook } from './receiver.js';

interface ListenFlags {
  forwardTo?: string;
  port: number;
  event?: (typeof webhookEventTypes)[number][];
  payload: WebhookPayload;
}

const FORWARD_MS = 15_000;
const GOODBYE_MS = 5_000;
/** What a receiver needs to verify for itself. */
const FORWARDED = ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

export function addListenCommand(webhooks: Command, context: CliContext): void {
  webhooks
    .command('listen')
    .description('print events as they come, one JSON object per line, until Ctrl-C')
    .option('--forward-to <url>', 'send each on to there, and answer what it answers')
    .option(
      '--port <n>',
      'of the receiver on 127.0.0.1; default: a free one',
      wholeNumber(0, 65_535),
      0,
    )
    .addOption(eventOption())
    .addOption(payloadOption().default('thin'))
    .addHelpText(
      'after',
      '\nThe server must be allowed to call this machine: `pallet up` is, others need OUTGOING_ALLOW=127.0.0.1.',
    )
    .action(action<[], ListenFlags>(context, listen));
}

/** Registers a receiver on this machine, and removes it at the end. */
async function listen(input: CommandInput<ListenFlags>): Promise<void> {
  const { flags, context } = input;
  const { output, signal } = context;
  const client = await connectForWebhooks(input);
  let secret: string | undefined;
  const receiver = await Receiver.start(flags.port, (received) =>
    handle(received, secret, flags.forwardTo, output),
  );
  try {
    const { event, payload } = flags;
    const events = event ?? [...webhookEventTypes];
    const order = { url: receiver.url, events, payload, description: 'pallet webhooks listen' };
    const webhook = await client.create(order, { signal });
    secret = webhook.secret;
    output.note(`${webhook.id} listens on ${receiver.url}, secret ${secret ?? ''}`);
    try {
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await sayGoodbye(client, webhook.id, output);
    }
  } finally {
    await receiver.stop();
  }
}

/** Ctrl-C has aborted the command's own signal, so this has a deadline instead. */
async function sayGoodbye(client: WebhookClient, id: string, output: Output): Promise<void> {
  await client.remove(id, { signal: AbortSignal.timeout(GOODBYE_MS) }).then(
    () => output.note(`removed ${id}`),
    () => output.note(`${id} is still registered; remove it: pallet webhooks rm ${id}`),
  );
}

async function handle(
  received: ReceivedWebhook,
  secret: string | undefined,
  forwardTo: string | undefined,
  output: Output,
): Promise<number> {
  // Before the secret has come nothing can be verified; it is sent again.
  if (secret === undefined) return 503;
  const { headers, body } = received;
  if (!isWebhookSigned(secret, headers, body, Date.now())) {
    output.note('refused a request without a valid signature');
    return 401;
  }
  const status = forwardTo === undefined ? 204 : await forward(received, forwardTo, output);
  await output.data(
    `${JSON.stringify({ id: headers['webhook-id'], ...JSON.parse(body), status })}\n`,
  );
  return status;
}

async function forward(
  { headers, body }: ReceivedWebhook,
  url: string,
  output: Output,
): Promise<number> {
  const kept = FORWARDED.map((name) => [name, String(headers[name] ?? '')] as const);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: Object.fromEntries(kept),
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(FORWARD_MS),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    output.note(
      `${url} does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 502;
  }
}
