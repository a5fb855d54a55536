import { InvalidArgumentError, Option } from 'commander';
import type { Task } from '#contracts';
import { parseTask } from '../task/task-string.js';

/** `--task`, as often as wanted, in the order in which the answers come. */
export const taskOption = ({ mandatory = true } = {}): Option =>
  new Option('-t, --task <task>', 'what to ask about each image; may be given again')
    .argParser((text: string, before: Task[] | undefined): Task[] => [
      ...(before ?? []),
      parseTask(text),
    ])
    .makeOptionMandatory(mandatory);

export const jsonOption = (): Option =>
  new Option('--json', 'write one JSON document instead of text for people');

/** A whole number from `least` to `most`. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== '') {
      return value;
    }
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** A time as people write it, in RFC 3339. */
export function moment(text: string): string {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  throw new InvalidArgumentError('It must be a time like 2026-01-31 or 2026-01-31T08:00:00Z.');
}

/** `--webhook` of what makes a job. */
export const webhookOf = (text: string): { id: string } | { url: string } =>
  text.startsWith('whe_') ? { id: text } : { url: text };
