import type { Command } from 'commander';
import { action, type CliContext, type CommandInput } from '../../context.js';
import { openModelStore } from './store.js';

export function addRemoveCommand(models: Command, context: CliContext): void {
  models
    .command('rm')
    .argument('<name...>')
    .description('remove imported models from this machine')
    .action(action<[string[]], unknown>(context, remove));
}

async function remove({ flags, context }: CommandInput<unknown>, names: string[]): Promise<void> {
  const store = await openModelStore(flags, context.env);
  for (const name of names) {
    await store.remove(name);
    context.output.note(`removed ${name}`);
  }
}
