import { readFile, writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { AppError } from '#contracts';
import {
  parseLoad,
  plotSimulation,
  simulate,
  type Arrival,
  type SimulationSummary,
} from '#scaling';
import { action, type CliContext, type CommandInput } from '../../context.js';
import { usageError } from '../../exit-code.js';
import { jsonOption, wholeNumber } from '../options.js';
import { addScalingOptions, poolOf, worldOf, type ScalingFlags } from './scaling-flags.js';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenario.js';

interface SimulateFlags extends ScalingFlags {
  scenario: ScenarioName;
  images?: number;
  load?: string;
  price?: string;
  plot?: string;
  json?: boolean;
}

const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

export function addSimulateScalingCommand(program: Command, context: CliContext): void {
  const command = program
    .command('simulate-scaling')
    .description('try settings of KEDA and the HPA on a load, before paying for them')
    .addOption(
      new Option('--scenario <name>', 'a load').choices(NAMES).default('burst').conflicts('load'),
    )
    .addOption(
      new Option('--images <n>', 'of the scenario, in all').argParser(wholeNumber(1, 100_000_000)),
    )
    .option('--load <file>', 'a recorded load: lines `seconds,images`');
  addScalingOptions(command)
    .option('--price <amount>', 'of one worker for one hour, in any currency')
    .option('--plot <file>', 'draw it, as SVG')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Scenarios:
${NAMES.map((name) => `  ${name.padEnd(12)} ${SCENARIOS[name].says}`).join('\n')}`,
    )
    .action(action<[], SimulateFlags>(context, simulateScaling));
}

async function simulateScaling({ flags, context }: CommandInput<SimulateFlags>): Promise<void> {
  if (flags.min > flags.max) throw usageError('--min must not exceed --max.');
  const price = flags.price === undefined ? undefined : Number(flags.price);
  if (price !== undefined && !(price >= 0)) throw usageError('--price must be a number.');
  const scenario: Scenario = SCENARIOS[flags.scenario];
  const load = await loadOf(flags, scenario);
  const world = worldOf(flags, flags.load === undefined ? scenario.world : {});
  const simulation = simulate(load, poolOf(flags), world);
  const title = flags.load ?? scenario.says;
  if (flags.plot !== undefined) await save(flags.plot, plotSimulation(simulation, title));
  const { summary } = simulation;
  if (flags.json) {
    const cost = price === undefined ? {} : { price: (summary.workerSeconds / 3_600) * price };
    return context.output.json({ object: 'scaling_simulation', ...toSnakeCase(summary), ...cost });
  }
  const rows = describe(summary, price);
  const table = context.output.table([{ title: 'OF' }, { title: 'IS' }]);
  return context.output.data(table.render(rows));
}

async function loadOf(flags: SimulateFlags, scenario: Scenario): Promise<Arrival[]> {
  if (flags.load === undefined) return scenario.load(flags.images ?? scenario.images);
  const text = await readFile(flags.load, 'utf8').catch((error: unknown) => {
    throw new AppError('load.unreadable', `${flags.load} cannot be read.`, { cause: error });
  });
  return parseLoad(text);
}

async function save(path: string, svg: string): Promise<void> {
  await writeFile(path, svg).catch((error: unknown) => {
    throw new AppError('cli.cannot_write', `${path} could not be written.`, { cause: error });
  });
}

function describe(summary: SimulationSummary, price: number | undefined): string[][] {
  const { finishedSeconds, idealSeconds, workerSeconds, idealWorkerSeconds } = summary;
  const hours = (seconds: number): string => `${(seconds / 3_600).toFixed(1)} h`;
  const ratio = (is: number, ideal: number): string => `${(is / ideal).toFixed(2)} x ideal`;
  return [
    ['images', String(summary.images)],
    [
      'finished after',
      finishedSeconds === null
        ? 'never'
        : `${duration(finishedSeconds)} (${ratio(finishedSeconds, idealSeconds)})`,
    ],
    ['first answer after', duration(summary.firstAnswerSeconds ?? 0)],
    ['an image waits', `${duration(summary.meanWaitSeconds)} on average`],
    ['the longest job', duration(summary.longestWaitSeconds)],
    ['worker time', `${hours(workerSeconds)} (${ratio(workerSeconds, idealWorkerSeconds)})`],
    ...(price === undefined ? [] : [['price', ((workerSeconds / 3_600) * price).toFixed(2)]]),
    ['most workers', String(summary.mostReplicas)],
    ['lost workers', String(summary.lostWorkers)],
    ['shrank and grew again within 10 min', `${summary.flaps} times`],
    ['zero workers with work outstanding', `${summary.zeroWithWork} times`],
  ];
}

function duration(seconds: number): string {
  if (seconds < 600) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

const toSnakeCase = (summary: SimulationSummary): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(summary).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
