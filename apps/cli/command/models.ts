import type { Command } from 'commander';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { jsonOption } from './options.js';

const COLUMNS = ['MODEL', 'FAMILY', 'IMAGE', 'WORKERS', 'NOTE'].map((title) => ({ title }));

export function addModelsCommand(program: Command, context: CliContext): void {
  program
    .command('models')
    .summary('list the models that answer')
    .command('ls')
    .description('list the models and how many workers serve each')
    .addOption(jsonOption())
    .action(action<[], { json?: boolean }>(context, list));
}

async function list(input: CommandInput<{ json?: boolean }>): Promise<void> {
  const { output, signal } = input.context;
  const models = await (await connect(input)).listModels({ signal });
  if (input.flags.json) return output.json({ object: 'list', data: models });
  const rows = models.map((model) => [
    model.id,
    model.family,
    `${model.image_size} px`,
    `${model.workers}`,
    model.note ?? '',
  ]);
  return output.data(output.table(COLUMNS).render(rows));
}
