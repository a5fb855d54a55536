import { randomUUID } from 'node:crypto';
import { fstatSync, readSync, type Dirent } from 'node:fs';
import {
  access,
  constants,
  mkdir,
  open,
  opendir,
  readdir,
  rename,
  rm,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exactLength, lengthMismatch } from './exact-length.js';
import { isAbsent, toFolderError } from './folder-error.js';
import { FolderSync, syncFolder } from './folder-sync.js';
import { requireKey, requireKeyPrefix } from './object-key.js';
import {
  ObjectNotFoundError,
  rangeInvalid,
  tooLarge,
  truncated,
  type ByteRange,
  type ObjectBody,
  type ObjectStore,
  type PutOptions,
} from './object-store.js';

/** Unfinished writes; a key cannot begin with a dot, so no object can be in there. */
const INCOMING = '.incoming';
/** Linux's usual read-ahead. */
const SMALL_BYTES = 128 * 1024;
/** Of one write, on Linux. */
const MOST_PIECES = 1_024;
/** An unfinished write that old belongs to a process that was killed. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Bytes read: fewer than fit only at the end of the file.
 *
 * A file that fits a disk's read-ahead is read in place: handing it to the thread pool costs the event
 * loop more than the read itself, and a worker reads thousands of small files a second.
 */
async function readFully(handle: FileHandle, buffer: Uint8Array): Promise<number> {
  if (buffer.byteLength <= SMALL_BYTES) return readSync(handle.fd, buffer, 0, buffer.byteLength, 0);
  let filled = 0;
  while (filled < buffer.byteLength) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.byteLength - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Objects as files below `root`: each is written aside, put on disk and then renamed to its key. */
export class FolderObjectStore implements ObjectStore {
  #prepared: Promise<void> | undefined;
  readonly #folders = new FolderSync();

  constructor(private readonly root: string) {}

  async put(key: string, body: ObjectBody, { bytes }: PutOptions): Promise<void> {
    const path = this.#path(key);
    await this.#prepare();
    const unfinished = join(this.root, INCOMING, randomUUID());
    try {
      await writeDurably(unfinished, body, bytes);
      await moveInto(unfinished, path);
      await this.#folders.sync(dirname(path));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw toFolderError(error);
    }
  }

  /** A folder answers nobody: its process has to take the bytes. */
  async presignPut(key: string): Promise<undefined> {
    requireKey(key);
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    const { handle, bytes } = await this.#openFile(key);
    if (range !== undefined && (range.start >= bytes || range.start > range.end)) {
      await handle.close();
      throw rangeInvalid(key, range);
    }
    return handle.createReadStream(range);
  }

  async read(key: string, maxBytes: number): Promise<Uint8Array> {
    const { handle, bytes } = await this.#openFile(key);
    try {
      if (bytes > maxBytes) throw tooLarge(key, maxBytes);
      const buffer = Buffer.allocUnsafe(bytes);
      const read = await readFully(handle, buffer);
      if (read !== bytes) throw truncated(key, bytes, read);
      return buffer;
    } catch (error) {
      throw toFolderError(error);
    } finally {
      // Nothing can be lost by it, so nobody waits for it.
      handle.close().catch(() => undefined);
    }
  }

  async stat(key: string): Promise<{ bytes: number } | undefined> {
    try {
      const file = await stat(this.#path(key));
      return file.isFile() ? { bytes: file.size } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw toFolderError(error);
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await unlink(this.#path(key));
    } catch (error) {
      if (!isAbsent(error)) throw toFolderError(error);
    }
  }

  async *list(prefix: string): AsyncIterable<{ key: string; bytes: number }> {
    requireKeyPrefix(prefix);
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const key of this.#walk(folder, prefix.slice(folder.length))) {
      const found = await this.stat(key);
      if (found !== undefined) yield { key, bytes: found.bytes };
    }
  }

  async check(): Promise<void> {
    try {
      await this.#prepare();
      await access(join(this.root, INCOMING), constants.W_OK | constants.X_OK);
    } catch (error) {
      throw toFolderError(error);
    }
  }

  close(): void {
    // Holds nothing open.
  }

  #path(key: string): string {
    return join(this.root, requireKey(key));
  }

  async #openFile(key: string): Promise<{ handle: FileHandle; bytes: number }> {
    let handle: FileHandle;
    try {
      handle = await open(this.#path(key), 'r');
    } catch (error) {
      throw isAbsent(error) ? new ObjectNotFoundError(key, error) : toFolderError(error);
    }
    // The inode is in memory once the file is open, so this waits for nothing.
    const file = fstatSync(handle.fd);
    if (file.isFile()) return { handle, bytes: file.size };
    await handle.close();
    throw new ObjectNotFoundError(key);
  }

  /** `folder` is empty or ends in a slash; only its entries that begin with `start` are visited. */
  async *#walk(folder: string, start: string): AsyncIterable<string> {
    for await (const entry of entriesOf(join(this.root, folder))) {
      if (entry.name.startsWith('.') || !entry.name.startsWith(start)) continue;
      const key = `${folder}${entry.name}`;
      if (entry.isDirectory()) yield* this.#walk(`${key}/`, '');
      else yield key;
    }
  }

  /** Once per process: makes the folders and removes what killed processes left unfinished. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#removeAbandoned().catch((error: unknown) => {
      this.#prepared = undefined;
      throw toFolderError(error);
    });
    return this.#prepared;
  }

  async #removeAbandoned(): Promise<void> {
    const folder = join(this.root, INCOMING);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      const file = await stat(join(folder, name)).catch(() => undefined);
      if (file === undefined || Date.now() - file.mtimeMs < ABANDONED_MS) continue;
      await rm(join(folder, name), { force: true });
    }
  }
}

async function writeDurably(path: string, body: ObjectBody, bytes: number): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    if (body instanceof Readable) {
      await pipeline(body, exactLength(bytes), async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) await writeAll(handle, [chunk]);
      });
    } else {
      const pieces = body instanceof Uint8Array ? [body] : body;
      const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
      if (length !== bytes) throw lengthMismatch(bytes, length);
      await writeAll(handle, pieces);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As few writes as the system takes: `writeFile` would write by half megabytes. */
async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (let at = 0; at < pieces.length; at += MOST_PIECES) {
    const some = pieces.slice(at, at + MOST_PIECES);
    let { bytesWritten: isThere } = await handle.writev(some);
    // Nearly always that was all of it.
    for (const piece of some) {
      const skipped = Math.min(isThere, piece.byteLength);
      isThere -= skipped;
      for (let from = skipped; from < piece.byteLength;) {
        from += (await handle.write(piece, from)).bytesWritten;
      }
    }
  }
}

/** The folder is there nearly always, so it is made only when it was missed. */
async function moveInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    await makeFolder(dirname(to));
    await rename(from, to);
  }
}

/** New folders are entries of their parents, and those must reach the disk as well. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let path = folder; path.length >= first.length; path = dirname(path)) {
    await syncFolder(dirname(path));
  }
}

async function* entriesOf(folder: string): AsyncIterable<Dirent> {
  try {
    yield* await opendir(folder);
  } catch (error) {
    if (!isAbsent(error)) throw toFolderError(error);
  }
}
