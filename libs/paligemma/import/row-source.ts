import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '#contracts';
import { toFloat32 } from '../checkpoint/number-format.js';
import type { StoredTensor } from '../checkpoint/safetensors-file.js';

/** Files of a checkpoint, opened once each and read in blocks. */
export class RowSource {
  readonly #files = new Map<string, FileHandle>();

  constructor(private readonly onRead: (bytes: number) => void = () => undefined) {}

  /** Bytes of a tensor, from a byte of it on. Errors: `checkpoint.unreadable` when the file became shorter. */
  async bytes(tensor: StoredTensor, start: number, length: number): Promise<Buffer> {
    const file = await this.#open(tensor.path);
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(buffer, 0, length, tensor.offset + start);
    if (bytesRead < length) {
      throw new AppError(
        'checkpoint.unreadable',
        `${tensor.path} became shorter while it was read. Download it again.`,
        { context: { path: tensor.path, tensor: tensor.name } },
      );
    }
    this.onRead(length);
    return buffer;
  }

  /**
   * Rows of a tensor as float32, [count, ...].
   * Errors: `checkpoint.not_finite`: such a weight makes every answer nonsense, and hides in integers.
   */
  async rows(tensor: StoredTensor, first: number, count: number): Promise<Float32Array> {
    const rowBytes = tensor.bytes / (tensor.shape[0] ?? 1);
    const values = toFloat32(
      tensor.type,
      await this.bytes(tensor, first * rowBytes, count * rowBytes),
    );
    for (let index = 0; index < values.length; index++) {
      // Infinity - Infinity and NaN - NaN are no zero.
      if (values[index]! - values[index]! !== 0) throw notFinite(tensor);
    }
    return values;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  async #open(path: string): Promise<FileHandle> {
    const known = this.#files.get(path);
    if (known) return known;
    const file = await open(path);
    this.#files.set(path, file);
    return file;
  }
}

function notFinite(tensor: StoredTensor): AppError {
  return new AppError(
    'checkpoint.not_finite',
    `${tensor.name} in ${tensor.path} holds numbers that are infinite or none. Download the checkpoint again and compare checksums.`,
    { context: { tensor: tensor.name, path: tensor.path } },
  );
}
