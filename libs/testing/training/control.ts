import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the trainings for tests are told by `control.json` in their base. */
export interface TrainingControl {
  /** Time of one step, milliseconds; told when the training begins. Default: as long as it takes. */
  readonly stepMs?: number;
  /** So many steps are done and no more, until it says otherwise or the training is stopped. */
  readonly holdAt?: number;
}

const fileOf = (base: string): string => join(base, 'control.json');

export function readControl(base: string): TrainingControl {
  if (!existsSync(fileOf(base))) return {};
  return JSON.parse(readFileSync(fileOf(base), 'utf8')) as TrainingControl;
}

/** At once: a training that is held may read it at any moment. */
export async function writeControl(base: string, control: TrainingControl): Promise<void> {
  await writeFile(`${fileOf(base)}.partial`, JSON.stringify(control));
  await rename(`${fileOf(base)}.partial`, fileOf(base));
}
