import { randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY_BYTES = 1_048_576;

/**
 * Bytes that an archive can write only at its end, such as its directory: in memory when few, else in a file without
 * a name, which is gone with this process however it ends. `dispose` it when done.
 */
export class Spool {
  #parts: Buffer[] = [];
  #inMemory = 0;
  #file: FileHandle | undefined;
  bytes = 0;

  async write(part: Buffer): Promise<void> {
    this.#parts.push(part);
    this.#inMemory += part.length;
    this.bytes += part.length;
    if (this.#inMemory < MEMORY_BYTES) return;
    this.#file ??= await openNameless();
    await this.#file.appendFile(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#inMemory = 0;
  }

  /** All of it, from its beginning. Nothing is written meanwhile. */
  async *read(): AsyncGenerator<Buffer> {
    if (this.#file !== undefined) {
      const onDisk = this.bytes - this.#inMemory;
      const buffer = Buffer.alloc(65_536);
      for (let at = 0; at < onDisk;) {
        const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) throw new Error('The spool file is shorter than what was written.');
        yield Buffer.from(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
    }
    yield* this.#parts;
  }

  async dispose(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `pallet-export-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  return file;
}
