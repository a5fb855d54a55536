import { closeSync, openSync, readSync } from 'node:fs';
import { AppError } from '#contracts';
import { toFloat32 } from './number-format.js';
import type { StoredTensor } from './safetensors-file.js';

/** The whole tensor as float32. For small tensors: large ones go from file to runtime without passing here. */
export function readFloats(tensor: StoredTensor): Float32Array {
  const reader = new RowReader(tensor, 1);
  try {
    return reader.read(0);
  } finally {
    reader.close();
  }
}

/**
 * Reads one row at a time from the file. The embedding of the 3B model has 257,216 rows and an answer touches
 * a handful: the page cache keeps those, and no 2 GB array is held.
 */
export class RowReader {
  readonly #file: number;
  readonly #rows: number;
  readonly #rowBytes: number;

  constructor(
    private readonly tensor: StoredTensor,
    rows: number = tensor.shape[0]!,
  ) {
    this.#rows = rows;
    this.#rowBytes = tensor.bytes / rows;
    this.#file = openSync(tensor.path, 'r');
  }

  /** Errors: `checkpoint.unreadable` when the file was cut off since it was opened. */
  read(row: number): Float32Array {
    if (!(row >= 0 && row < this.#rows)) {
      throw new RangeError(`${this.tensor.name} has no row ${row}: it has ${this.#rows}`);
    }
    const bytes = Buffer.alloc(this.#rowBytes);
    const position = this.tensor.offset + row * this.#rowBytes;
    if (readSync(this.#file, bytes, 0, this.#rowBytes, position) < this.#rowBytes) {
      throw new AppError(
        'checkpoint.unreadable',
        `${this.tensor.path} became shorter while it was in use. Download it again and restart.`,
        { context: { path: this.tensor.path, tensor: this.tensor.name } },
      );
    }
    return toFloat32(this.tensor.type, bytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}
