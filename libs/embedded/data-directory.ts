import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import { takeLock, type LockFile } from './lock-file.js';

/**
 * Makes `directory` and keeps every other Pallet of this machine out of it until `release` or the death
 * of this process. Errors: `embedded.data_directory_in_use`.
 */
export async function lockDataDirectory(directory: string): Promise<LockFile> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const outcome = await takeLock(join(directory, 'pallet.lock'));
  if ('heldBy' in outcome) throw inUse(directory, outcome.heldBy);
  return outcome.lock;
}

const inUse = (directory: string, pid: number): AppError =>
  new AppError(
    'embedded.data_directory_in_use',
    `Process ${pid} already works with ${directory}. Stop it first, or choose another folder with --data.`,
    { context: { directory, pid } },
  );
