import type { ElementType } from '#onnx';

/**
 * Widens little-endian float32, float16 or bfloat16 bytes to float32, exactly.
 * Errors: `Error` for other types: the checkpoint reader lets none through.
 */
export function toFloat32(type: ElementType, bytes: Uint8Array): Float32Array {
  // A copy: the view may start at an odd byte, which typed arrays do not allow.
  const aligned = bytes.slice().buffer;
  if (type === 'float32') return new Float32Array(aligned);
  const halves = new Uint16Array(aligned);
  if (type === 'bfloat16') return widenBfloat16(halves);
  if (type === 'float16') return widenFloat16(halves);
  throw new Error(`${type} is no floating-point format of a checkpoint`);
}

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  halves.forEach((half, index) => (bits[index] = half * 0x10000));
  return new Float32Array(bits.buffer);
}

function widenFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, fromFloat16);
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
