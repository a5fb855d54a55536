import type { Command } from 'commander';
import type { CliContext } from '../../context.js';
import { addDeliveryCommands } from './deliveries.js';
import { addEditCommand } from './edit.js';
import { addEndpointCommands } from './endpoints.js';
import { addListenCommand } from './listen.js';

export function addWebhooksCommand(program: Command, context: CliContext): void {
  const webhooks = program
    .command('webhooks')
    .summary('tell other systems what happens')
    .addHelpText(
      'after',
      `
Examples:
  pallet webhooks create https://example.com/hook --event job.finished
  pallet webhooks edit WEBHOOK --to https://example.com/new --event job.finished job.cancelled
  pallet webhooks listen --forward-to http://localhost:3000/hook
  pallet webhooks recover WEBHOOK --since 2026-01-31T08:00:00Z`,
    );
  addEndpointCommands(webhooks, context);
  addEditCommand(webhooks, context);
  addDeliveryCommands(webhooks, context);
  addListenCommand(webhooks, context);
}
