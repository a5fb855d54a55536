import { describe, expect, it } from 'vitest';
import { toFloat16, toFloat32 } from './number-format.js';

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

describe('toFloat16', () => {
  const ALL = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
  const values = toFloat32('float16', new Uint8Array(ALL.buffer));

  it('gives every half back', () => {
    const back = toFloat16(values);
    for (let bits = 0; bits < 0x10000; bits++) {
      if (Number.isNaN(values[bits])) expect(back[bits]! & 0x7fff).toBeGreaterThan(0x7c00);
      else if (back[bits] !== bits) expect.fail(`${bits} came back as ${back[bits]}`);
    }
  });

  it('rounds to the nearer neighbour, and from the middle to the even one', () => {
    for (let lower = 0; lower < 0x7bff; lower++) {
      const middle = (values[lower]! + values[lower + 1]!) / 2;
      const quarter = (values[lower + 1]! - values[lower]!) / 4;
      const given = Float32Array.of(middle, -middle, middle - quarter, middle + quarter);
      const even = lower + (lower % 2);
      expect([...toFloat16(given)]).toEqual([even, even | 0x8000, lower, lower + 1]);
    }
  });

  it('makes infinity of what is too large', () => {
    expect([...toFloat16(Float32Array.of(65519, 65520, -1e30))]).toEqual([0x7bff, 0x7c00, 0xfc00]);
  });
});
