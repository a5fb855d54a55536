import { tensorBytes } from '#onnx';
import { AppError } from '#contracts';
import { toFloat16 } from '../checkpoint/number-format.js';
import type { StoredTensor } from '../checkpoint/safetensors-file.js';
import { scaleName } from '../engine-folder/stored-forms.js';
import { addLoraRows, type LoraDelta } from './lora-adapter.js';
import { quantiseInt4, quantiseInt8, transposeInto } from './quantise.js';
import type { RowSource } from './row-source.js';
import type { SafetensorsWriter, TensorToWrite } from './safetensors-writer.js';

/** Numbers that are in memory at once, times a few bytes each. */
const BLOCK_NUMBERS = 1 << 25;
const LARGEST_FLOAT16 = 65504;

export interface Conversion {
  readonly from: StoredTensor;
  readonly to: TensorToWrite;
  /** Rows of the source that are taken, from the first on. */
  readonly rows: number;
  readonly lora?: LoraDelta;
}

/** Reads a weight in blocks of rows, and writes it in its new form. Memory does not grow with the weight. */
export async function convertTensor(
  conversion: Conversion,
  source: RowSource,
  writer: SafetensorsWriter,
  { signal, blockNumbers = BLOCK_NUMBERS }: { signal?: AbortSignal; blockNumbers?: number } = {},
): Promise<void> {
  const { from, to, rows, lora } = conversion;
  const rowNumbers = from.shape.slice(1).reduce((product, size) => product * size, 1);
  const blockRows = Math.max(1, Math.floor(blockNumbers / rowNumbers));
  for (let first = 0; first < rows; first += blockRows) {
    signal?.throwIfAborted();
    const count = Math.min(blockRows, rows - first);
    if (to.type === from.type && !lora) {
      const rowBytes = tensorBytes(from.type, from.shape.slice(1));
      await writer.write(
        to.name,
        await source.bytes(from, first * rowBytes, count * rowBytes),
        first * rowBytes,
      );
      continue;
    }
    const values = await source.rows(from, first, count);
    if (lora) addLoraRows(values, first, lora);
    await writeRows(writer, to, values, { first, count, rows });
  }
}

interface Place {
  readonly first: number;
  readonly count: number;
  /** Of the whole tensor. */
  readonly rows: number;
}

async function writeRows(
  writer: SafetensorsWriter,
  to: TensorToWrite,
  values: Float32Array,
  place: Place,
): Promise<void> {
  const { first, count } = place;
  const perRow = values.length / count;
  if (to.type === 'float32') {
    await writer.write(to.name, bytesOf(values), first * perRow * 4);
  } else if (to.type === 'float16') {
    mustFitFloat16(to.name, values);
    await writer.write(to.name, bytesOf(toFloat16(values)), first * perRow * 2);
  } else if (to.type === 'int8') {
    const { numbers, scales } = quantiseInt8(values, count);
    await writer.write(scaleName(to.name), bytesOf(scales), first * 4);
    await writeColumns(writer, to.name, numbers, place);
  } else {
    const { numbers, scales } = quantiseInt4(values, count);
    await writer.write(scaleName(to.name), bytesOf(scales), (first * scales.byteLength) / count);
    await writer.write(to.name, numbers, (first * numbers.length) / count);
  }
}

/** Rows of the source are columns of what is written. */
async function writeColumns(
  writer: SafetensorsWriter,
  name: string,
  numbers: Uint8Array,
  { first, count, rows }: Place,
): Promise<void> {
  const inputs = numbers.length / count;
  const turned = new Uint8Array(numbers.length);
  transposeInto(turned, count, 0, numbers, count);
  if (count === rows) return writer.write(name, turned);
  for (let input = 0; input < inputs; input++) {
    const part = turned.subarray(input * count, (input + 1) * count);
    await writer.write(name, part, input * rows + first);
  }
}

function mustFitFloat16(name: string, values: Float32Array): void {
  for (let index = 0; index < values.length; index++) {
    if (Math.abs(values[index]!) > LARGEST_FLOAT16) {
      throw new AppError(
        'import.float16_overflow',
        `${name} holds ${values[index]}, which float16 cannot. Import with --precision int8 or f32.`,
        { context: { tensor: name } },
      );
    }
  }
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
