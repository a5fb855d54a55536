import { describe, expect, it } from 'vitest';
import { toFloat32 } from './number-format.js';

const halves = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);

describe('toFloat32', () => {
  it('widens float16: zeros, subnormals, ordinary numbers, the largest, infinities, NaN', () => {
    const bits = halves(
      0x0000,
      0x8000,
      0x0001,
      0x83ff,
      0x0400,
      0x3c00,
      0xc100,
      0x3555,
      0x7bff,
      0x7c00,
      0xfc00,
      0x7e00,
    );
    expect([...toFloat32('float16', bits)]).toEqual([
      0,
      -0,
      2 ** -24,
      -1023 * 2 ** -24,
      2 ** -14,
      1,
      -2.5,
      0.333251953125,
      65504,
      Infinity,
      -Infinity,
      NaN,
    ]);
  });

  it('widens bfloat16 to the float32 with the same upper half', () => {
    const bits = halves(0x0000, 0x3f80, 0xc020, 0x7f7f, 0x0001, 0x7f80);
    expect([...toFloat32('bfloat16', bits)]).toEqual([
      0,
      1,
      -2.5,
      Math.fround(3.3895313892515355e38),
      2 ** -133,
      Infinity,
    ]);
  });

  it('reads float32 that starts at an odd byte', () => {
    const bytes = new Uint8Array(9);
    bytes.set(new Uint8Array(Float32Array.of(1.5, -7).buffer), 1);
    expect(toFloat32('float32', bytes.subarray(1))).toEqual(Float32Array.of(1.5, -7));
  });
});
