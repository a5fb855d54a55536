import { describe, expect, it } from 'vitest';
import { evenScale, powerScale } from './scale.js';

describe('evenScale', () => {
  it('has its ticks at round numbers within its range', () => {
    expect(evenScale([0, 1], [0, 100], 5).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(evenScale([0, 0.00035], [0, 100], 4).ticks).toEqual([0, 0.0001, 0.0002, 0.0003]);
    expect(evenScale([130, 990], [0, 100], 3).ticks).toEqual([500]);
  });

  it('goes from one pixel to the other, upwards too', () => {
    const { at } = evenScale([10, 20], [300, 100], 3);
    expect([at(10), at(15), at(20)]).toEqual([300, 200, 100]);
  });

  it('puts everything at its start when it has no length', () => {
    expect(evenScale([3, 3], [0, 100], 3).at(3)).toBe(0);
  });
});

describe('powerScale', () => {
  it('gives each power of ten the same room', () => {
    const { at } = powerScale([0.01, 1], [0, 100]);
    expect([at(0.01), at(0.1), at(1)].map(Math.round)).toEqual([0, 50, 100]);
  });

  it('has fewer ticks when it has many powers', () => {
    expect(powerScale([0.15, 7], [0, 100]).ticks).toEqual([0.2, 0.5, 1, 2, 5]);
    expect(powerScale([0.0009, 12], [0, 100]).ticks).toEqual([0.001, 0.01, 0.1, 1, 10]);
  });
});
