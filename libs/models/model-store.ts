import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import {
  findManifest,
  importCheckpoint,
  verifyEngineFolder,
  type EngineManifest,
  type ImportOptions,
} from '#paligemma';
import { mustBeModelName, PARTIAL } from './model-name.js';

export interface StoredModel {
  readonly name: string;
  readonly directory: string;
  /** `undefined` when engine.json is damaged: the model is listed, and says so when it is used. */
  readonly manifest: EngineManifest | undefined;
  /** On the disk. */
  readonly bytes: number;
}

/** The imported models of one machine: a folder with one engine folder for each. */
export class ModelStore {
  constructor(readonly directory: string) {}

  path(name: string): string {
    mustBeModelName(name);
    return join(this.directory, name);
  }

  async list(): Promise<StoredModel[]> {
    const entries = await readdir(this.directory, { withFileTypes: true }).catch(emptyWhenMissing);
    const names = entries.filter((entry) => entry.isDirectory() && !entry.name.endsWith(PARTIAL));
    const models = await Promise.all(names.map(({ name }) => this.#describe(name)));
    return models.toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /** Errors: `model.not_found`. */
  async get(name: string): Promise<StoredModel> {
    const directory = this.path(name);
    const isThere = await stat(directory).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isThere) return this.#describe(name);
    throw new AppError(
      'model.not_found',
      `There is no model ${name} in ${this.directory}. \`pallet models ls\` shows what there is.`,
      { context: { name } },
    );
  }

  /** Errors: `model.bad_name`, `model.busy`, those of `importCheckpoint`. */
  async import(source: string, name: string, options: ImportOptions): Promise<EngineManifest> {
    const target = this.path(name);
    return this.#alone(name, () => importCheckpoint(source, target, options));
  }

  /** Reads every byte. Errors: `model.not_found`, those of `verifyEngineFolder`. */
  async verify(
    name: string,
    options: { onProgress?: (bytes: number) => void; signal?: AbortSignal } = {},
  ): Promise<EngineManifest> {
    const { directory } = await this.get(name);
    return verifyEngineFolder(directory, options);
  }

  /** Out of sight at once, whatever interrupts the rest. Errors: `model.not_found`, `model.busy`. */
  async remove(name: string): Promise<void> {
    const { directory } = await this.get(name);
    await this.#alone(name, async () => {
      const doomed = `${directory}${PARTIAL}`;
      await rm(doomed, { recursive: true, force: true });
      await rename(directory, doomed);
      await rm(doomed, { recursive: true });
    });
  }

  /** One change of a model at a time, over all processes. */
  async #alone<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    await mkdir(this.directory, { recursive: true });
    const path = join(this.directory, `.${name}.lock`);
    const lock = await this.#lock(path, name);
    try {
      return await run();
    } finally {
      await rm(path, { force: true });
      await lock.close();
    }
  }

  async #lock(path: string, name: string): Promise<FileHandle> {
    try {
      const lock = await open(path, 'wx');
      await lock.write(String(process.pid));
      return lock;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      if (await isAbandoned(path)) {
        await rm(path, { force: true });
        return this.#lock(path, name);
      }
      throw new AppError(
        'model.busy',
        `Another process is changing ${name}. Wait for it, then try again.`,
        {
          cause,
          retryable: true,
          context: { name, lock: path },
        },
      );
    }
  }

  async #describe(name: string): Promise<StoredModel> {
    const directory = join(this.directory, name);
    const manifest = await findManifest(directory).catch(() => undefined);
    const files = await readdir(directory);
    const sizes = await Promise.all(
      files.map(async (file) => (await stat(join(directory, file))).size),
    );
    return { name, directory, manifest, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }
}

/** Whether the process that holds the lock is gone. */
async function isAbandoned(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (!file) return true;
  try {
    const pid = Number(await file.readFile('utf8'));
    // Not written yet: whoever made it is about to.
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  } finally {
    await file.close();
  }
}

function emptyWhenMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
