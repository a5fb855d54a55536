/** Of 23. */
const MANTISSA_BITS = 10;
const CUT_BITS = 23 - MANTISSA_BITS;

/** The nearest number with fewer bits, as codecs keep it: a deflated file is then half as large, and no mask shows it. */
export function keptNumber(value: number): number {
  const number = Float32Array.of(value);
  const bits = new Uint32Array(number.buffer);
  bits[0] = ((bits[0]! + (1 << (CUT_BITS - 1))) >>> CUT_BITS) << CUT_BITS;
  return number[0]!;
}
