import type { Registry } from 'prom-client';
import type { Logger } from '../logger.js';
import type { Tracing, TracingOptions } from './tracing.js';

export type { Tracing, TracingOptions } from './tracing.js';

const OFF: Tracing = { close: async () => undefined };

/**
 * Makes spans of this process go to a collector, when there are options; without, nothing of the machinery is even
 * loaded, and spans are objects that record nothing.
 */
export async function startTracing(
  processName: string,
  options: TracingOptions | undefined,
  parts: { readonly registry: Registry; readonly log: Logger },
): Promise<Tracing> {
  if (options === undefined) return OFF;
  const { openTracing } = await import('./open-tracing.js');
  return openTracing(`pallet-${processName}`, options, parts);
}
