import { Option, type Command } from 'commander';
import { z } from 'zod';
import { hyperparametersSchema, tuningPlanSchema, type TuningPlan } from '#contracts';
import { usageError } from '../exit-code.js';

export interface TuningFlags {
  method: 'full' | 'text' | 'tower' | 'lora';
  questions?: string;
  loraRank?: string;
  loraAlpha?: string;
  loraDropout?: string;
  loraTargets?: string;
  seed: string;
  precision: 'f32' | 'f16' | 'int8' | 'int4';
  [hyperparameter: string]: unknown;
}

const NAMES = Object.keys(hyperparametersSchema.shape);

/** Everything that decides what a training computes; one option for each hyperparameter of the API. */
export function addTuningOptions(command: Command): Command {
  command
    .addOption(
      new Option(
        '--method <method>',
        'which weights learn: all, the text model, the tower from points of pictures, or a LoRA adapter',
      )
        .choices(['full', 'text', 'tower', 'lora'])
        .default('lora'),
    )
    .option('--questions <n>', 'about each point, for the tower; 1 if not given')
    .option('--lora-rank <n>', '16 if not given')
    .option('--lora-alpha <n>', 'twice the rank if not given')
    .option('--lora-dropout <share>', '0 if not given')
    .option('--lora-targets <names>', 'layers, separated by commas; all linear ones if not given')
    .option('--seed <n>', 'equal seeds give equal weights', '0')
    .addOption(
      new Option('--precision <form>', 'of the model that is made of the result')
        .choices(['int8', 'int4', 'f16', 'f32'])
        .default('int8'),
    );
  for (const name of NAMES) {
    command.option(`--${name.replaceAll('_', '-')} <value>`, describe(name));
  }
  return command;
}

function describe(name: string): string {
  const schema: z.ZodType = (hyperparametersSchema.shape as Record<string, z.ZodType>)[name]!;
  const fallback: unknown = hyperparametersSchema.parse({})[
    name as keyof z.output<typeof hyperparametersSchema>
  ];
  const text = schema.description ?? name.replaceAll('_', ' ');
  return fallback === undefined ? text : `${text} (default: ${String(fallback)})`;
}

/** Errors: `cli.usage` with every option that is wrong. */
export function readTuningPlan(flags: TuningFlags): TuningPlan {
  const given = NAMES.flatMap((name): [string, unknown][] => {
    const value = flags[name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === 'string' ? [[name, valueOf(value)]] : [];
  });
  const parsed = tuningPlanSchema.safeParse({
    method: readMethod(flags),
    hyperparameters: Object.fromEntries(given),
    seed: valueOf(flags.seed),
  });
  if (parsed.success) return parsed.data;
  throw usageError(`These options do not fit:\n${z.prettifyError(parsed.error)}`);
}

function readMethod(flags: TuningFlags): object {
  const { method: type, questions, loraRank, loraAlpha, loraDropout, loraTargets } = flags;
  const given = {
    ...(questions === undefined ? {} : { questions: valueOf(questions) }),
    ...(loraRank === undefined ? {} : { rank: valueOf(loraRank) }),
    ...(loraAlpha === undefined ? {} : { alpha: valueOf(loraAlpha) }),
    ...(loraDropout === undefined ? {} : { dropout: valueOf(loraDropout) }),
    ...(loraTargets === undefined ? {} : { targets: loraTargets.split(',') }),
  };
  return { type, ...given };
}

/** What a word on the command line means; `none` is no limit. */
function valueOf(text: string): unknown {
  if (text === 'none') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
