import { open, type FileHandle } from 'node:fs/promises';
import { tensorBytes, type ElementType } from '#onnx';

export interface TensorToWrite {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

const NAMES: Partial<Record<ElementType, string>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int8: 'I8',
  uint8: 'U8',
};
/** Of the first tensor; the runtime maps the file, and starts each line of its cache with weights. */
const ALIGNMENT = 64;

/** Writes a safetensors file whose tensors are known beforehand, each in any order and in any pieces. */
export class SafetensorsWriter {
  private constructor(
    private readonly file: FileHandle,
    private readonly offsets: ReadonlyMap<string, number>,
  ) {}

  static async create(path: string, tensors: readonly TensorToWrite[]): Promise<SafetensorsWriter> {
    const offsets = new Map<string, number>();
    const header: Record<string, unknown> = { __metadata__: { format: 'pallet' } };
    let end = 0;
    for (const { name, type, shape } of tensors) {
      const start = end;
      end += tensorBytes(type, shape);
      offsets.set(name, start);
      header[name] = { dtype: NAMES[type], shape, data_offsets: [start, end] };
    }
    const json = JSON.stringify(header);
    const bytes = Buffer.byteLength(json);
    const padded = Math.ceil((8 + bytes) / ALIGNMENT) * ALIGNMENT - 8;
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(padded));
    const file = await open(path, 'wx');
    await file.write(
      Buffer.concat([prefix, Buffer.from(json.padEnd(padded - bytes + json.length))]),
    );
    await file.truncate(8 + padded + end);
    for (const [name, offset] of offsets) offsets.set(name, 8 + padded + offset);
    return new SafetensorsWriter(file, offsets);
  }

  /** Puts bytes at a place of a tensor, counted from its beginning. */
  async write(name: string, bytes: Uint8Array, at = 0): Promise<void> {
    await this.file.write(bytes, 0, bytes.byteLength, this.offsets.get(name)! + at);
  }

  /** On the disk when it resolves, not in a cache of the system. */
  async finish(): Promise<void> {
    await this.file.sync();
    await this.file.close();
  }

  abandon(): Promise<void> {
    return this.file.close();
  }
}
