import { open } from 'node:fs/promises';

interface Syncing {
  readonly running: Promise<void>;
  next?: Promise<void>;
}

/**
 * Puts what folders name on disk. Files that come into one folder at the same time share a sync: one costs a commit of
 * the file system's journal, however many names are in it.
 */
export class FolderSync {
  readonly #syncing = new Map<string, Syncing>();

  constructor(private readonly syncNow: (folder: string) => Promise<void> = syncFolder) {}

  /** Resolves when a sync has ended that began after this call. Errors: those of the file system. */
  sync(folder: string): Promise<void> {
    const now = this.#syncing.get(folder);
    // The running one may have begun before the name was there.
    if (now !== undefined) return (now.next ??= this.#after(now.running, folder));
    return this.#start(folder);
  }

  #after(running: Promise<void>, folder: string): Promise<void> {
    // Its failure is for those who wait for it.
    return running.catch(() => undefined).then(() => this.#start(folder));
  }

  #start(folder: string): Promise<void> {
    const running = this.syncNow(folder);
    const entry: Syncing = { running };
    this.#syncing.set(folder, entry);
    const forget = (): void => {
      if (entry.next === undefined) this.#syncing.delete(folder);
    };
    running.then(forget, forget);
    return running;
  }
}

/** Errors: those of the file system. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
