import { Option, type Command } from 'commander';
import { action, type CliContext, type CommandInput } from '../../context.js';
import { jsonOption } from '../options.js';
import { bytesText, openModelStore } from './store.js';

export interface ImportFlags {
  precision: 'f32' | 'f16' | 'int8' | 'int4';
  adapter?: string;
  maskDecoder?: string;
  name?: string;
  json?: boolean;
}

/** What import and pull have in common. */
export function addImportOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--precision <form>',
        'of the weights; int8 for CPUs, f16 for GPUs, f32 as reference',
      )
        .choices(['int8', 'int4', 'f16', 'f32'])
        .default('int8'),
    )
    .option('--adapter <folder>', 'a LoRA adapter in PEFT format, merged into the weights')
    .option('--mask-decoder <file>', "big_vision's vae-oid.npz: turns segment answers into masks")
    .option('--name <name>', 'what to call it; the name of its source if not given')
    .addOption(jsonOption());
}

export function addImportCommand(models: Command, context: CliContext): void {
  const command = models
    .command('import')
    .argument('<folder>', 'a PaliGemma checkpoint as Hugging Face lays it out')
    .description(
      'Converts a checkpoint once, into DATA/models. Memory stays small whatever its size; an interrupted import leaves nothing behind.',
    );
  addImportOptions(command).action(action<[string], ImportFlags>(context, importFolder));
}

async function importFolder(input: CommandInput<ImportFlags>, folder: string): Promise<void> {
  const { modelNameFrom } = await import('#models');
  await importInto(input, folder, input.flags.name ?? modelNameFrom(folder));
}

/** Imports a folder under a name, with a progress bar. */
export async function importInto(
  { flags, context }: CommandInput<ImportFlags>,
  folder: string,
  name: string,
  source?: { name: string; revision?: string },
): Promise<void> {
  const { env, output, signal } = context;
  const store = await openModelStore(flags, env);
  const progress = output.progress('converting MB');
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  try {
    const { precision, adapter, maskDecoder } = flags;
    await store.import(folder, name, {
      precision,
      adapter,
      maskDecoder,
      source,
      signal,
      onProgress: ({ bytes, total }) => progress.show(megabytes(bytes), megabytes(total)),
    });
  } finally {
    progress.stop();
  }
  const model = await store.get(name);
  if (flags.json) return output.json({ name, directory: model.directory, ...model.manifest });
  output.note(
    `imported ${name}: ${flags.precision}, ${bytesText(model.bytes)}; serve it with: pallet up --model ${name}`,
  );
  await output.data(`${name}\n`);
}
