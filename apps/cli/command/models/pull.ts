import type { Command } from 'commander';
import type { DownloadProgress } from '#models';
import { action, type CliContext, type CommandInput } from '../../context.js';
import type { Output } from '../../output/output.js';
import type { Progress } from '../../output/progress.js';
import { addImportOptions, reportModel, showConversion, type ImportFlags } from './import.js';
import { megabytes, openModelStore } from './store.js';
import { ToldImport } from './told-import.js';

interface PullFlags extends ImportFlags {
  token?: string;
  hubUrl?: string;
  keepDownload?: boolean;
}

const LICENCE =
  "PaliGemma weights are Google's, under the Gemma Terms of Use: https://ai.google.dev/gemma/terms. Who uses them agrees to them.";

export function addPullCommand(models: Command, context: CliContext): void {
  const command = models
    .command('pull')
    .argument('<repository>', 'OWNER/NAME or OWNER/NAME@REVISION on the Hugging Face Hub')
    .description(
      'Downloads a checkpoint, or a LoRA adapter with the checkpoint that it names, and imports it. An interrupted download goes on where it ended.',
    );
  addImportOptions(command)
    .option('--token <token>', 'of the Hub; other users can see it in the list of processes')
    .option('--hub-url <url>', 'another Hub than https://huggingface.co')
    .option('--keep-download', 'leave the downloaded files in DATA/models/.downloads')
    .addHelpText(
      'after',
      `
PaliGemma is gated: accept its licence on its page of the Hub and make a token. The token is --token, HF_TOKEN, or
what \`hf auth login\` wrote; the Hub is --hub-url or HF_ENDPOINT.

Examples:
  pallet models pull google/paligemma2-3b-mix-224
  pallet models pull google/paligemma2-3b-pt-448@main --precision int4 --name detector`,
    )
    .action(action<[string], PullFlags>(context, pull));
}

async function pull(input: CommandInput<PullFlags>, text: string): Promise<void> {
  const { flags, context } = input;
  const { env, output, signal } = context;
  const { findHubAccess, modelNameFrom, parseRepository, pullModel } = await import('#models');
  const repository = parseRepository(text);
  const access = await findHubAccess({ url: flags.hubUrl, token: flags.token }, env);
  const name = flags.name ?? modelNameFrom(repository.name);
  const store = await openModelStore(flags, env);
  output.note(LICENCE);
  const { precision, adapter, maskDecoder, keepDownload } = flags;
  const begun = { model: name, source: text, precision, state: 'downloading' } as const;
  const model = await ToldImport.during(input, begun, async (tell) => {
    const bars = new Bars(output);
    try {
      await pullModel(store, repository, name, {
        access,
        precision,
        adapter,
        maskDecoder,
        keepDownload,
        signal,
        onDownload: (progress) => {
          bars.download(progress);
          tell('downloading', progress.bytes, progress.total);
        },
        onImport: (progress) => {
          bars.convert(progress);
          tell('converting', progress.bytes, progress.total);
        },
      });
    } finally {
      bars.stop();
      if (signal.aborted)
        output.note('What was downloaded stays: the same command goes on with it.');
    }
    return store.get(name);
  });
  await reportModel(input, model);
}

/** One bar after the other, each for what is going on. */
class Bars {
  #current: { readonly what: string; readonly bar: Progress; readonly since: number } | undefined;

  constructor(private readonly output: Output) {}

  download({ repository, bytes, total, fetched }: DownloadProgress): void {
    const { bar, since } = this.#open(repository, `downloading ${repository} MB`);
    const seconds = (performance.now() - since) / 1000;
    const rate = `${(fetched / 1e6 / Math.max(seconds, 1)).toFixed(1)} MB/s`;
    bar.show(megabytes(bytes), megabytes(total), rate);
  }

  convert(progress: { readonly bytes: number; readonly total: number }): void {
    showConversion(this.#open('conversion', 'converting MB').bar)(progress);
  }

  stop(): void {
    this.#current?.bar.stop();
    this.#current = undefined;
  }

  #open(what: string, label: string): { readonly bar: Progress; readonly since: number } {
    if (this.#current?.what !== what) {
      this.stop();
      this.#current = { what, bar: this.output.progress(label), since: performance.now() };
    }
    return this.#current!;
  }
}
