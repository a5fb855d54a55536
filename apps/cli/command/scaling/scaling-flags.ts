import { InvalidArgumentError, Option, type Command } from 'commander';
import { DEFAULT_POOL, DEFAULT_WORLD, type PoolSettings, type WorldSettings } from '#scaling';
import { wholeNumber } from '../options.js';

export interface ScalingFlags {
  secondsPerImage?: number;
  min: number;
  max: number;
  targetSeconds: number;
  polling: number;
  cooldown: number;
  stabilization: number;
  shrinkPercent: number;
  shrinkPeriod: number;
  start: number;
  lossesPerHour?: number;
  slowPart?: number;
  seed: number;
}

const number =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };

const count = (flag: string, says: string, most: number, preset: number, least = 0): Option =>
  new Option(flag, says).argParser(wholeNumber(least, most)).default(preset);

const [SHRINK] = DEFAULT_POOL.behavior.scaleDown.policies;
const { stabilizationWindowSeconds } = DEFAULT_POOL.behavior.scaleDown;

/** Those of the chart's values, by the same defaults, and those of the world. */
export function addScalingOptions(command: Command): Command {
  const options = [
    count('--min <workers>', 'fewest workers', 1_000, DEFAULT_POOL.minReplicas),
    count('--max <workers>', 'most workers', 1_000, DEFAULT_POOL.maxReplicas, 1),
    count('--target-seconds <s>', 'work before each worker', 86_400, DEFAULT_POOL.targetSeconds, 1),
    count('--polling <s>', 'KEDA looks so often', 3_600, DEFAULT_POOL.pollingSeconds, 1),
    count('--cooldown <s>', 'idle time before zero', 86_400, DEFAULT_POOL.cooldownSeconds),
    count('--stabilization <s>', 'window for shrinking', 3_600, stabilizationWindowSeconds),
    count('--shrink-percent <p>', 'most that goes in a period', 100, SHRINK!.value, 1),
    count('--shrink-period <s>', 'that period', 1_800, SHRINK!.periodSeconds, 1),
    count('--start <s>', 'until a new worker works', 86_400, DEFAULT_WORLD.startSeconds),
    count('--seed <n>', 'of what is random', 2 ** 31, DEFAULT_WORLD.seed),
    new Option('--seconds-per-image <s>', 'accelerator time of one image').argParser(
      number(0.0001, 3_600),
    ),
    new Option('--losses-per-hour <n>', 'of each worker').argParser(number(0, 60)),
    new Option('--slow-part <p>', 'part of the nodes that is slow').argParser(number(0, 1)),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

export function poolOf(flags: ScalingFlags): PoolSettings {
  const { behavior } = DEFAULT_POOL;
  return {
    ...DEFAULT_POOL,
    minReplicas: flags.min,
    maxReplicas: flags.max,
    targetSeconds: flags.targetSeconds,
    pollingSeconds: flags.polling,
    cooldownSeconds: flags.cooldown,
    behavior: {
      ...behavior,
      scaleDown: {
        ...behavior.scaleDown,
        stabilizationWindowSeconds: flags.stabilization,
        policies: [
          { type: 'Percent', value: flags.shrinkPercent, periodSeconds: flags.shrinkPeriod },
        ],
      },
    },
  };
}

/** What is not said is the scenario's, and else the default. */
export function worldOf(flags: ScalingFlags, scenario: Partial<WorldSettings> = {}): WorldSettings {
  const world = { ...DEFAULT_WORLD, ...scenario, startSeconds: flags.start, seed: flags.seed };
  return {
    ...world,
    secondsPerImage: flags.secondsPerImage ?? world.secondsPerImage,
    lossesPerHour: flags.lossesPerHour ?? world.lossesPerHour,
    slowPart: flags.slowPart ?? world.slowPart,
  };
}
