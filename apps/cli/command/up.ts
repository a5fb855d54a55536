import { Option, type Command } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AppError } from '#contracts';
import { dataDirectoryOf } from '../connection/connection.js';
import { action, type CliContext, type CommandInput } from '../context.js';
import { EXIT } from '../exit-code.js';
import { startEmbeddedSystem, type EmbeddedSystem } from '../system/embedded-system.js';
import { chooseModel } from '../system/model-choice.js';
import { wholeNumber } from './options.js';

interface UpFlags {
  port: number;
  model?: string;
  modelName?: string;
  onceReady?: string;
  trainer: boolean;
}

export const DEFAULT_PORT = 8700;

export function addUpCommand(program: Command, context: CliContext): void {
  program
    .command('up')
    .summary('run the whole of Pallet on this machine')
    .description(
      'Runs PostgreSQL, a queue, the API, a dispatcher, a worker and a trainer here, all on 127.0.0.1 and all out of one data folder, until Ctrl-C. Other pallet commands find it through that folder.',
    )
    .option('--port <port>', 'of the API; 0 takes a free one', wholeNumber(0, 65_535), DEFAULT_PORT)
    .option(
      '--model <model>',
      'an imported model, or the folder of a PaliGemma checkpoint as Hugging Face lays it out',
    )
    .option('--model-name <name>', 'what clients call it; the name of its folder if not given')
    .addOption(
      new Option(
        '--once-ready <command>',
        'run this shell command with PALLET_URL and PALLET_API_KEY set, then stop with its exit code',
      ),
    )
    .option('--no-trainer', 'take no fine-tuning jobs; saves some 80 MB')
    .addHelpText(
      'after',
      `
Fine-tuning jobs may name the model that runs, if it is a checkpoint and not an imported one, and every
checkpoint that is a folder in DATA/checkpoints.

The queue is the Redis that REDIS_URL names; else redis-server, if it is installed; else PostgreSQL.
LOG_LEVEL and the other variables of the processes are passed on; their logs are in DATA/logs.

Examples:
  pallet up
  pallet up --data /srv/pallet --model paligemma2-3b-mix-224
  pallet up --port 0 --once-ready "pallet run photos/ --task caption"`,
    )
    .action(action<[], UpFlags>(context, up));
}

async function up({ flags, context }: CommandInput<UpFlags>): Promise<number> {
  const { output, env, signal } = context;
  const dataDirectory = dataDirectoryOf(flags, env);
  const model = chooseModel(flags.model, dataDirectory, flags.modelName);
  const system = await startEmbeddedSystem({
    port: flags.port,
    model,
    trains: flags.trainer,
    env,
    signal,
    dataDirectory,
    onEvent: (line) => output.note(line),
  });
  let code: number = EXIT.ok;
  try {
    if (model.note !== undefined) output.note(`model ${model.name}: ${model.note}`);
    await output.data(`${system.url}\n`);
    output.note(readyText(system));
    if (flags.onceReady === undefined) await untilInterrupted(signal);
    else code = await runCommand(flags.onceReady, system, context);
  } finally {
    output.note('stopping');
    await system.stop();
  }
  return code;
}

const readyText = (system: EmbeddedSystem): string =>
  [
    `Pallet is ready at ${system.url}, its OpenAPI description at ${system.url}/openapi.json`,
    `API key: ${system.apiKey}`,
    `data: ${system.folder.path}, logs: ${system.folder.logs}`,
    'Ctrl-C stops it; the data stay.',
  ].join('\n');

/** Ctrl-C is how it is meant to end: no error. */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  // A pending promise does not keep Node alive; the pipes of the children do.
  return signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);
}

/** Its exit code; 130 when it was interrupted. */
async function runCommand(
  command: string,
  system: EmbeddedSystem,
  { env, signal }: CliContext,
): Promise<number> {
  const child = spawn(command, {
    shell: true,
    stdio: 'inherit',
    env: { ...env, PALLET_URL: system.url, PALLET_API_KEY: system.apiKey },
  });
  const interrupt = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    const [code] = await once(child, 'exit');
    return signal.aborted ? EXIT.interrupted : typeof code === 'number' ? code : EXIT.failed;
  } catch (cause) {
    throw new AppError('cli.command_failed', `${command} could not be started.`, { cause });
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
