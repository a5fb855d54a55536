import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingEvent } from '../training-run.js';

/**
 * `log.jsonl` of a run: one event a line, with the time. A run that is resumed at a step goes on behind that step's
 * lines, so the file reads as if nothing had happened in between.
 */
export class RunLog {
  private constructor(private readonly path: string) {}

  static async open(run: string, resumedAt: number): Promise<RunLog> {
    const path = join(run, 'log.jsonl');
    const text = await readFile(path, 'utf8').catch(() => '');
    const kept = text.split('\n').filter((line) => line !== '' && isBefore(line, resumedAt));
    await writeFile(path, kept.map((line) => `${line}\n`).join(''));
    return new RunLog(path);
  }

  async add(event: TrainingEvent): Promise<void> {
    const line = JSON.stringify({ at: new Date().toISOString(), ...event });
    await appendFile(this.path, `${line}\n`);
  }
}

function isBefore(line: string, resumedAt: number): boolean {
  try {
    const { step } = JSON.parse(line) as { step?: number };
    return step === undefined || step <= resumedAt;
  } catch {
    // The last line of a run that was killed.
    return false;
  }
}
