import type { Command } from 'commander';
import type { Worker } from '#contracts';
import { action, connectForWorkers, type CliContext, type CommandInput } from '../context.js';
import { workerRow, WORKER_COLUMNS } from '../output/worker-row.js';
import { jsonOption } from './options.js';

interface WorkerFlags {
  json?: boolean;
}

export function addWorkersCommand(program: Command, context: CliContext): void {
  const workers = program
    .command('workers')
    .summary('workers of the whole system: list, drain')
    .addHelpText(
      'after',
      `
The key needs the scope \`operate\`; the one of \`pallet up\` has it.

Example:
  pallet workers ls
  pallet workers drain wrk_01931f6e5c3a7b1e8f2a4d5c6b7a8901`,
    );
  workers
    .command('ls')
    .description('list workers and what they do, newest first')
    .addOption(jsonOption())
    .action(action<[], WorkerFlags>(context, list));
  workers
    .command('drain')
    .description(
      'ask a worker to end: it takes nothing new and gives back what it cannot finish; whoever started it (pallet up, Kubernetes) starts another',
    )
    .argument('<worker>', 'its id, as `pallet workers ls` shows it')
    .addOption(jsonOption())
    .action(action<[string], WorkerFlags>(context, drain));
}

async function list(input: CommandInput<WorkerFlags>): Promise<void> {
  const { output, signal } = input.context;
  const data: Worker[] = [];
  for await (const worker of (await connectForWorkers(input)).list({ signal })) data.push(worker);
  if (input.flags.json) await output.json({ object: 'list', data });
  else await output.data(output.table(WORKER_COLUMNS).render(data.map(workerRow)));
}

async function drain(input: CommandInput<WorkerFlags>, id: string): Promise<void> {
  const { flags, context } = input;
  const worker = await (await connectForWorkers(input)).drain(id, { signal: context.signal });
  if (flags.json) await context.output.json(worker);
  else
    context.output.note(`asked ${worker.id} on ${worker.host} to end; it hears it within seconds`);
}
