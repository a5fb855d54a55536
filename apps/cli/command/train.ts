import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import {
  AppError,
  type TrainingFailure,
  type TrainingOrder,
  type TrainingProgress,
} from '#contracts';
import { dataDirectoryOf } from '../connection/connection.js';
import { action, type CliContext, type CommandInput } from '../context.js';
import { EXIT, usageError, type ExitCode } from '../exit-code.js';
import type { Progress } from '../output/progress.js';
import { findPackageRoot } from '../system/package-root.js';
import { megabytes } from './models/store.js';
import { jsonOption } from './options.js';
import { addTuningOptions, readTuningPlan, type TuningFlags } from './tuning-options.js';

interface TrainFlags extends TuningFlags {
  base: string;
  validation?: string;
  output?: string;
  name?: string;
  threads?: string;
  json?: boolean;
}

export function addTrainCommand(program: Command, context: CliContext): void {
  const command = program
    .command('train')
    .summary('fine-tune a checkpoint on this machine')
    .description(
      'Trains a base checkpoint on a file of lines {"image","prefix","suffix"}, here, without a server. Ctrl-C ends it after the update under way, with a checkpoint; the same command goes on from there.',
    )
    .argument('<data>', 'JSONL file; images are paths relative to it')
    .requiredOption(
      '--base <model>',
      'folder of a checkpoint as Hugging Face lays it out, or the name of one in DATA/checkpoints',
    )
    .option('--validation <file>', 'the same, held out')
    .option('--output <folder>', 'of the run; named after data and base if not given')
    .option('--name <name>', 'import the result as a model of this name')
    .option('--threads <n>', 'of one operator; one per core if not given');
  addTuningOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  pallet train photos/train.jsonl --base paligemma-3b-pt-224 --validation photos/held-out.jsonl
  pallet train train.jsonl --base ./tiny --method full --epochs 20 --learning-rate 0.001 --name mine`,
    )
    .action(action<[string], TrainFlags>(context, train));
}

async function train(input: CommandInput<TrainFlags>, data: string): Promise<ExitCode> {
  const { output, signal, env } = input.context;
  const order = readOrder(input, data);
  const { TrainingProcess } = await import('#embedded');
  const progress = new TrainingBar(output.progress('training'));
  let imports: Progress | undefined;
  const training = new TrainingProcess({
    entry: join(findPackageRoot(), 'dist/apps/trainer/training-host/main.js'),
    trainModule: env['TRAIN_MODULE'],
    order,
    onProgress: (told) => {
      if (told.kind === 'started' && told.resumedAt > 0) {
        output.note(`goes on after step ${told.resumedAt} of ${told.steps}`);
      }
      progress.tell(told);
    },
    onImport: ({ bytes, total }) => {
      imports ??= output.progress('converting MB');
      imports.show(megabytes(bytes), megabytes(total));
    },
  });
  const stop = (): void => {
    output.note('ends after the update under way, with a checkpoint');
    training.stop();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  const end = await training.ended.finally(() => {
    signal.removeEventListener('abort', stop);
    progress.stop();
    imports?.stop();
  });
  if (end.type === 'failed') throw toError(end.failure);
  if (end.type === 'crashed') throw crashed(end.how);
  if (end.end === 'stopped') {
    output.note(`stopped after step ${end.step}; the same command goes on from there`);
    return EXIT.interrupted;
  }
  return report(input, order, end);
}

function readOrder({ flags, context }: CommandInput<TrainFlags>, data: string): TrainingOrder {
  const dataDirectory = dataDirectoryOf(flags, context.env);
  const base = findBase(flags.base, dataDirectory);
  const { validation, name, precision, threads } = flags;
  if (!existsSync(data)) throw usageError(`${data} does not exist or cannot be read.`);
  if (name !== undefined) requireFreeName(join(dataDirectory, 'models', name), name);
  const named = `${basename(data, extname(data))}-${basename(base)}`;
  return {
    base,
    data: resolve(data),
    ...(validation === undefined ? {} : { validation: resolve(validation) }),
    output: resolve(flags.output ?? named),
    plan: readTuningPlan(flags),
    ...(threads === undefined ? {} : { threads: readThreads(threads) }),
    ...(name === undefined
      ? {}
      : { publish: { models: join(dataDirectory, 'models'), name, precision } }),
  };
}

/** Before hours of training, not after. */
function requireFreeName(directory: string, name: string): void {
  if (!existsSync(directory)) return;
  throw new AppError(
    'import.exists',
    `There is a model ${name} already. Remove it with \`pallet models rm ${name}\`, or choose another name.`,
    { context: { name } },
  );
}

function readThreads(text: string): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads > 0) return threads;
  throw usageError('--threads must be a whole number above 0.');
}

function findBase(base: string, dataDirectory: string): string {
  const named = join(dataDirectory, 'checkpoints', base);
  const folder = /^[\w.-]+$/.test(base) && existsSync(named) ? named : resolve(base);
  if (existsSync(join(folder, 'config.json'))) return folder;
  throw usageError(
    `${base} is no checkpoint: neither ${named} nor ${resolve(base)} has a config.json.`,
  );
}

/** Steps on the bar, with the newest loss and score beside it. */
class TrainingBar {
  #steps = 1;
  #score = '';

  constructor(private readonly bar: Progress) {}

  tell(told: TrainingProgress): void {
    if (told.kind === 'started') {
      this.#steps = told.steps;
      this.bar.show(told.resumedAt, told.steps);
    } else if (told.kind === 'evaluation') {
      const scores = Object.entries(told.metrics).map(([name, value]) => `${name} ${short(value)}`);
      this.#score = ` | held out: ${[`loss ${short(told.loss)}`, ...scores].join(', ')}`;
    } else if (told.kind === 'step') {
      const speed = `${short(told.examplesPerSecond)} examples/s`;
      this.bar.show(told.step, this.#steps, `loss ${short(told.loss)} | ${speed}${this.#score}`);
    }
  }

  stop(): void {
    this.bar.stop();
  }
}

const short = (value: number): string => value.toPrecision(3);

/** The message names bad lines itself. */
function toError({ code, detail, context }: TrainingFailure): AppError {
  return new AppError(code, detail, { context });
}

const crashed = (how: string): AppError =>
  new AppError(
    'training.crashed',
    `The training ${how}\nThe same command goes on from the last checkpoint. If memory ran out, try a smaller --batch-size or --text-tokens, or --method lora.`,
  );

async function report(
  { flags, context: { output } }: CommandInput<TrainFlags>,
  { base }: TrainingOrder,
  { step, result, model }: { step: number; result?: string; model?: { name: string } },
): Promise<ExitCode> {
  if (flags.json) {
    await output.json({ object: 'training', step, result, model: model?.name ?? null });
    return EXIT.ok;
  }
  const importing =
    flags.method === 'lora'
      ? `pallet models import ${base} --adapter ${result}`
      : `pallet models import ${result}`;
  output.note(
    model === undefined
      ? `trained ${step} steps; make a model of it with: ${importing} --name NAME`
      : `trained ${step} steps; serve it with: pallet up --model ${model.name}`,
  );
  await output.data(`${result}\n`);
  return EXIT.ok;
}
