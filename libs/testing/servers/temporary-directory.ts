import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'pallet-test-';

/**
 * A folder for this test process. Folders of test processes that died before they could tidy up are
 * removed on the way: their process id is part of the name.
 */
export async function makeTemporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const names = await readdir(tmpdir());
  const left = names.filter((name) => name.startsWith(PREFIX) && !isOwnerAlive(name));
  await Promise.all(left.map((name) => removeDirectory(join(tmpdir(), name))));
  return directory;
}

/** Another process may be removing the same folder, or a dying server may still write there. */
export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(
    () => undefined,
  );
}

function isOwnerAlive(name: string): boolean {
  const pid = Number(name.slice(PREFIX.length).split('-')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
