import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '#contracts';
import { takeLock, type LockFile } from '#embedded';
import { downloadFile, UNFINISHED } from './download-file.js';
import type { HubConnection } from './hub-connection.js';
import { sizeOf, type RemoteFile } from './remote-file.js';

/**
 * Downloads of one repository. Files are called by their checksum, so that what a newer commit did not change need not
 * be fetched again; a commit is a folder of links to them.
 */
export class DownloadCache {
  private constructor(
    readonly directory: string,
    private readonly lock: LockFile,
  ) {}

  /** Errors: `model.busy`. */
  static async open(parent: string, repository: string): Promise<DownloadCache> {
    const directory = join(parent, repository.replace('/', '--'));
    await mkdir(directory, { recursive: true });
    const outcome = await takeLock(`${directory}.lock`);
    if ('lock' in outcome) return new DownloadCache(directory, outcome.lock);
    throw new AppError(
      'model.busy',
      `Process ${outcome.heldBy} is downloading ${repository}. Wait for it, then try again.`,
      { retryable: true, context: { repository, pid: outcome.heldBy } },
    );
  }

  /** Bytes of `file` that are here already, whole or not. */
  async bytesOf(file: RemoteFile): Promise<number> {
    const path = this.#path(file);
    return (await sizeOf(path)) ?? (await sizeOf(`${path}${UNFINISHED}`)) ?? 0;
  }

  download(
    connection: HubConnection,
    file: RemoteFile,
    onBytes: (bytes: number, isFetched: boolean) => void,
  ): Promise<void> {
    return downloadFile(connection, file, this.#path(file), onBytes);
  }

  /** `undefined` when it is no JSON. */
  async readJson(file: RemoteFile | undefined): Promise<unknown> {
    if (!file) return undefined;
    try {
      return JSON.parse(await readFile(this.#path(file), 'utf8'));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** A folder in which the files, all of them downloaded, have their names. */
  async lay(commit: string, files: readonly RemoteFile[]): Promise<string> {
    const folder = join(this.directory, `${basename(this.directory)}@${commit}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const { path, checksum } of files) {
      await symlink(join('..', checksum), join(folder, path));
    }
    return folder;
  }

  async close(): Promise<void> {
    await this.lock.release();
  }

  /** While it is open. */
  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  #path({ checksum }: RemoteFile): string {
    return join(this.directory, checksum);
  }
}
