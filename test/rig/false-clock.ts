import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './repository.js';

/** Where `scripts/faketime.js` puts Debian's library. */
const LIBRARY = join(REPOSITORY, 'node_modules/.cache/pallet/libfaketime.so.1');

export const hasFalseClocks = existsSync(LIBRARY);

/**
 * The wall clock of the processes that get `env`, and of nobody else. Timers, which go by the steady clock, are left as
 * they are: so it is on a machine whose clock somebody sets.
 */
export class FalseClock {
  readonly env: Readonly<Record<string, string>>;

  /** `file` tells the processes, each time they ask, how wrong they are. */
  constructor(private readonly file: string) {
    this.set(0);
    this.env = {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  set(seconds: number): void {
    writeFileSync(this.file, seconds < 0 ? `${seconds}` : `+${seconds}`);
  }
}
