import type { Command } from 'commander';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { jsonOption } from './options.js';

interface CorrectionFlags {
  json?: boolean;
}

/** What people have corrected, as lines for `pallet train`. */
export function addJobCorrections(jobs: Command, context: CliContext): void {
  jobs
    .command('corrections')
    .description('write the corrections of a job as lines to train on')
    .argument('<job>', 'id of the job')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  pallet jobs corrections job_019a... > corrections.jsonl')
    .action(action<[string], CorrectionFlags>(context, corrections));
}

async function corrections(input: CommandInput<CorrectionFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const client = await connect(input);
  for await (const correction of client.corrections(id, { signal: context.signal })) {
    await context.output.data(`${JSON.stringify(flags.json ? correction : correction.line)}\n`);
  }
}
