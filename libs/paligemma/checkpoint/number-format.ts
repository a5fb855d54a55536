import type { ElementType } from '#onnx';

/**
 * Widens little-endian float32, float16 or bfloat16 bytes to float32, exactly.
 * Errors: `Error` for other types: the checkpoint reader lets none through.
 */
export function toFloat32(type: ElementType, bytes: Uint8Array): Float32Array {
  // A copy: the view may start at an odd byte, which typed arrays do not allow. Not by slice: a Buffer's makes none.
  const aligned = new Uint8Array(bytes).buffer;
  if (type === 'float32') return new Float32Array(aligned);
  const halves = new Uint16Array(aligned);
  if (type === 'bfloat16') return widenBfloat16(halves);
  if (type === 'float16') return widenFloat16(halves);
  throw new Error(`${type} is no floating-point format of a checkpoint`);
}

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16;
  return new Float32Array(bits.buffer);
}

/** All 65,536 of them, made once: an import widens billions. */
let float16Values: Float32Array | undefined;

function widenFloat16(halves: Uint16Array): Float32Array {
  float16Values ??= Float32Array.from({ length: 0x10000 }, (_, half) => fromFloat16(half));
  const values = new Float32Array(halves.length);
  for (let index = 0; index < halves.length; index++)
    values[index] = float16Values[halves[index]!]!;
  return values;
}

/** 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = (half & 0x3ff) / 1024;
  if (exponent === 0) return sign * 2 ** -14 * fraction;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction);
}

/**
 * Rounds to float16, to nearest and to even among equals. What is too large becomes infinite, as IEEE 754 asks:
 * callers for whom that is wrong look at the values first.
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) {
    halves[index] = roundToFloat16(bits[index]!, values[index]!);
  }
  return halves;
}

function roundToFloat16(bits: number, value: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (exponent > 15) return sign | 0x7c00;
  // Subnormal halves count in steps of 2^-24.
  if (exponent < -14) return sign | roundToEven(Math.abs(value) * 2 ** 24);
  // A carry out of the fraction moves the exponent up by one, which is what rounding means.
  const half = ((exponent + 15) << 10) | ((bits >>> 13) & 0x3ff);
  const rest = bits & 0x1fff;
  const isUp = rest > 0x1000 || (rest === 0x1000 && (half & 1) === 1);
  return sign | (half + (isUp ? 1 : 0));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
