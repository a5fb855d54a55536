import type { Command } from 'commander';
import { action, connect, type CliContext, type CommandInput } from '../context.js';
import { latencyLines } from '../output/latency-lines.js';
import { jsonOption } from './options.js';

interface LogFlags {
  json?: boolean;
  warnings?: boolean;
}

/** What happened to a job, and how long its images took. */
export function addJobLog(jobs: Command, context: CliContext): void {
  jobs
    .command('log')
    .description('list what happened to a job, oldest first')
    .argument('<job>', 'id of the job')
    .option('--warnings', 'warnings only')
    .addOption(jsonOption())
    .action(action<[string], LogFlags>(context, log));
  jobs
    .command('latency')
    .description('show how long the images of a job took, as a histogram')
    .argument('<job>', 'id of the job')
    .addOption(jsonOption())
    .action(action<[string], LogFlags>(context, latency));
}

async function latency(input: CommandInput<LogFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const client = await connect(input);
  const found = await client.jobLatency(id, { signal: context.signal });
  if (flags.json) await context.output.json(found);
  else await context.output.data(latencyLines(found));
}

async function log(input: CommandInput<LogFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const client = await connect(input);
  const level = flags.warnings ? 'warning' : undefined;
  for await (const entry of client.jobLog(id, { level, signal: context.signal })) {
    const { at, code, message } = entry;
    const line = flags.json ? JSON.stringify(entry) : `${at}  ${code.padEnd(16)}  ${message}`;
    await context.output.data(`${line}\n`);
  }
}
