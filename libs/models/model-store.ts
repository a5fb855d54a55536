import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#contracts';
import { takeLock } from '#embedded';
import {
  findManifest,
  importCheckpoint,
  verifyEngineFolder,
  type EngineManifest,
  type ImportOptions,
} from '#paligemma';
import { asDiskProblem } from './disk-problem.js';
import { isModelName, mustBeModelName, PARTIAL } from './model-name.js';

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
    const names = entries.filter((entry) => entry.isDirectory() && isModelName(entry.name));
    const models = await Promise.all(names.map(({ name }) => this.#describe(name)));
    return models.toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /** Errors: `model.not_found`. */
  async get(name: string): Promise<StoredModel> {
    const directory = this.path(name);
    if (await isFolder(directory)) return this.#describe(name);
    throw new AppError(
      'model.not_found',
      `There is no model ${name} in ${this.directory}. \`pallet models ls\` shows what there is.`,
      { context: { name } },
    );
  }

  /** Errors: `model.bad_name`, `model.busy`, those of `importCheckpoint`. */
  async import(source: string, name: string, options: ImportOptions): Promise<EngineManifest> {
    await this.mustBeFree(name);
    const target = this.path(name);
    return this.#alone(name, () => importCheckpoint(source, target, options), options.signal);
  }

  /** Errors: `model.bad_name`, `import.exists`. */
  async mustBeFree(name: string): Promise<void> {
    const directory = this.path(name);
    if (!(await isFolder(directory))) return;
    throw new AppError(
      'import.exists',
      `There is a model ${name} already. Remove it with \`pallet models rm ${name}\`, or choose another name with --name.`,
      { context: { name } },
    );
  }

  /** Reads every byte. Errors: `model.not_found`, those of `verifyEngineFolder`. */
  async verify(
    name: string,
    options: { onProgress?: (bytes: number) => void; signal?: AbortSignal } = {},
  ): Promise<EngineManifest> {
    const { directory } = await this.get(name);
    return verifyEngineFolder(directory, options).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw error;
    });
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

  /** One change of a model at a time, over all processes; first removes what interrupted ones left. */
  async #alone<Result>(
    name: string,
    run: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    await mkdir(this.directory, { recursive: true });
    const outcome = await takeLock(this.#lockFile(name));
    if ('heldBy' in outcome) throw busy(name, outcome.heldBy);
    try {
      await this.#removeLeftovers();
      return await run();
    } catch (error) {
      // The error of an interrupted read or write says less than why it was interrupted.
      signal?.throwIfAborted();
      throw asDiskProblem(error, this.directory);
    } finally {
      await outcome.lock.release();
    }
  }

  async #removeLeftovers(): Promise<void> {
    for (const entry of await readdir(this.directory)) {
      if (!entry.endsWith(PARTIAL)) continue;
      const outcome = await takeLock(this.#lockFile(entry.slice(0, -PARTIAL.length)));
      if ('heldBy' in outcome) continue;
      await rm(join(this.directory, entry), { recursive: true, force: true });
      await outcome.lock.release();
    }
  }

  #lockFile(name: string): string {
    return join(this.directory, `.${name}.lock`);
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

const busy = (name: string, pid: number): AppError =>
  new AppError('model.busy', `Process ${pid} is changing ${name}. Wait for it, then try again.`, {
    retryable: true,
    context: { name, pid },
  });

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

function emptyWhenMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
