import { createHash } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import type { SamplerChoice } from './sampler-choice.js';
import { createSampler } from './sampler.js';
import { contextBelow } from './trace-parent.js';

const idOf = (n: number): string =>
  createHash('sha256').update(String(n)).digest('hex').slice(0, 32);

/** How many of 1,000 traces are kept, below this parent. */
function kept(name: SamplerChoice['name'], ratio: number, flags?: '00' | '01'): number {
  const sampler = createSampler({ name, ratio });
  const ids = Array.from({ length: 1_000 }, (_, n) => idOf(n));
  return ids.filter((traceId) => {
    const parent = flags && contextBelow(`00-${traceId}-00f067aa0ba902b7-${flags}`);
    const context = parent ?? trace.deleteSpan(ROOT_CONTEXT);
    const { decision } = sampler.shouldSample(context, traceId, 'x', SpanKind.SERVER, {}, []);
    return decision === SamplingDecision.RECORD_AND_SAMPLED;
  }).length;
}

describe('the sampler', () => {
  it('keeps all or nothing when it is told so', () => {
    expect(kept('always_on', 0, '00')).toBe(1_000);
    expect(kept('always_off', 1, '01')).toBe(0);
    expect(kept('parentbased_always_on', 0)).toBe(1_000);
    expect(kept('parentbased_always_off', 1)).toBe(0);
  });

  it('keeps about that part of the traces', () => {
    for (const name of ['traceidratio', 'parentbased_traceidratio'] as const) {
      expect(kept(name, 0.1)).toBeGreaterThan(60);
      expect(kept(name, 0.1)).toBeLessThan(140);
    }
  });

  it('follows who began the trace, unless it is the ratio alone that counts', () => {
    expect(kept('parentbased_traceidratio', 0, '01')).toBe(1_000);
    expect(kept('parentbased_always_on', 1, '00')).toBe(0);
    expect(kept('traceidratio', 0, '01')).toBe(0);
  });
});
