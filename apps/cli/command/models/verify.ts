import type { Command } from 'commander';
import { action, type CliContext, type CommandInput } from '../../context.js';
import { megabytes, openModelStore } from './store.js';

export function addVerifyCommand(models: Command, context: CliContext): void {
  models
    .command('verify')
    .argument('<name>')
    .description('read every byte of a model and compare it with what was imported')
    .action(action<[string], unknown>(context, verify));
}

async function verify({ flags, context }: CommandInput<unknown>, name: string): Promise<void> {
  const { env, output, signal } = context;
  const store = await openModelStore(flags, env);
  const { bytes: total } = await store.get(name);
  const progress = output.progress('reading MB');
  let bytes = 0;
  try {
    await store.verify(name, {
      signal,
      onProgress: (read) => {
        bytes += read;
        progress.show(megabytes(bytes), megabytes(total));
      },
    });
  } finally {
    progress.stop();
  }
  output.note(`${name} is as it was imported`);
}
