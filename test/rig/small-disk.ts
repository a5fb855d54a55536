import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BLOCK = Buffer.alloc(65_536);
const PAGE_BYTES = 4_096;

/** A file system in memory of so many bytes, which a test fills to the last page and gives room again. */
export class SmallDisk {
  private constructor(readonly directory: string) {}

  /** Answers why not, in words, where nothing may be mounted: only root may, and few containers let it. */
  static mount(bytes: number): SmallDisk | string {
    const directory = mkdtempSync(join(tmpdir(), 'pallet-disk-'));
    try {
      const options = `size=${bytes},mode=0755`;
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'pipe' });
      return new SmallDisk(directory);
    } catch (error) {
      rmSync(directory, { recursive: true });
      return `no file system can be mounted here: ${String(error).split('\n').at(-2) ?? error}`;
    }
  }

  /** Takes all the room that there is, and what became free since the last time. */
  async fill(): Promise<void> {
    const file = await open(this.#ballast, 'a');
    try {
      for (const block of [BLOCK, BLOCK.subarray(0, PAGE_BYTES)]) {
        while (await file.write(block).then(() => true, isFull)) continue;
      }
    } finally {
      await file.close();
    }
  }

  async giveRoom(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  /** Nobody may have a file open on it. */
  unmount(): void {
    execFileSync('umount', [this.directory]);
    rmSync(this.directory, { recursive: true });
  }

  get #ballast(): string {
    return join(this.directory, 'ballast');
  }
}

/** False when there is no room; any other error is thrown on. */
function isFull(error: NodeJS.ErrnoException): false {
  if (error.code !== 'ENOSPC') throw error;
  return false;
}
