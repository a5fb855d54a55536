import { describe, expect, it } from 'vitest';
import { ScaledObject, type ScaledObjectOptions } from './scaled-object.js';

const setup = (options: Partial<ScaledObjectOptions> = {}) =>
  new ScaledObject({
    minReplicas: 0,
    activationValue: 0,
    targetValue: 120,
    cooldownSeconds: 300,
    fallback: { failureThreshold: 3, replicas: 2 },
    ...options,
  });

describe('a ScaledObject', () => {
  it('goes from zero to one when the value is above the activation, not at it', () => {
    const keda = setup({ activationValue: 5 });
    expect(keda.poll(0, 0, 5)).toBe(0);
    expect(keda.poll(30, 0, 5.1)).toBe(1);
    expect(keda.poll(60, 7, 900)).toBe(7);
  });

  it('goes to zero when it was inactive for longer than the cooldown', () => {
    const keda = setup();
    keda.poll(0, 1, 10);
    const polls = [30, 150, 300, 301].map((at) => keda.poll(at, 3, 0));
    expect(polls).toEqual([3, 3, 3, 0]);
  });

  it('begins the cooldown anew whenever there is work', () => {
    const keda = setup();
    keda.poll(0, 1, 10);
    keda.poll(290, 1, 1);
    expect(keda.poll(400, 1, 0)).toBe(1);
    expect(keda.poll(600, 1, 0)).toBe(0);
  });

  it('never goes below the minimum', () => {
    const keda = setup({ minReplicas: 2 });
    expect(keda.poll(0, 0, 0)).toBe(2);
    expect(keda.poll(10_000, 2, 0)).toBe(2);
    expect(setup({ minReplicas: 3 }).poll(0, 0, 1)).toBe(3);
  });

  it('moves neither way while the value cannot be read', () => {
    const keda = setup();
    expect(keda.poll(0, 0, undefined)).toBe(0);
    expect(keda.poll(10_000, 4, undefined)).toBe(4);
  });

  it('holds the pool after three failures in a row, and lets go with the first reading', () => {
    const keda = setup();
    const failing = [1, 2, 3, 4].map(() => keda.metric(9, undefined));
    expect(failing).toEqual([undefined, undefined, undefined, 9 * 120]);
    expect(keda.metric(1, undefined)).toBe(2 * 120);
    expect(keda.metric(9, 40)).toBe(40);
    expect(keda.metric(9, undefined)).toBeUndefined();
    expect(setup({ fallback: null }).metric(9, undefined)).toBeUndefined();
  });
});
