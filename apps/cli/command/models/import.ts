import { Option, type Command } from 'commander';
import { basename, resolve } from 'node:path';
import type { StoredModel } from '#models';
import { action, type CliContext, type CommandInput } from '../../context.js';
import type { Progress } from '../../output/progress.js';
import { jsonOption } from '../options.js';
import { bytesText, megabytes, openModelStore } from './store.js';
import { ToldImport } from './told-import.js';

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
  const { flags, context } = input;
  const { modelNameFrom } = await import('#models');
  const name = flags.name ?? modelNameFrom(resolve(folder));
  const store = await openModelStore(flags, context.env);
  const { precision, adapter, maskDecoder } = flags;
  const begun = {
    model: name,
    source: basename(resolve(folder)),
    precision,
    state: 'converting',
  } as const;
  const model = await ToldImport.during(input, begun, async (tell) => {
    const progress = context.output.progress('converting MB');
    const show = showConversion(progress);
    try {
      await store.import(folder, name, {
        precision,
        adapter,
        maskDecoder,
        signal: context.signal,
        onProgress: (conversion) => {
          show(conversion);
          tell('converting', conversion.bytes, conversion.total);
        },
      });
    } finally {
      progress.stop();
    }
    return store.get(name);
  });
  await reportModel(input, model);
}

export const showConversion =
  (progress: Progress) =>
  ({ bytes, total }: { readonly bytes: number; readonly total: number }): void =>
    progress.show(megabytes(bytes), megabytes(total));

/** What was made. */
export async function reportModel(
  { flags, context: { output } }: CommandInput<ImportFlags>,
  model: StoredModel,
): Promise<void> {
  const { name } = model;
  if (flags.json) return output.json({ name, directory: model.directory, ...model.manifest });
  output.note(
    `imported ${name}: ${flags.precision}, ${bytesText(model.bytes)}; serve it with: pallet up --model ${name}`,
  );
  await output.data(`${name}\n`);
}
