import type { SamplerChoice } from './sampler-choice.js';

export interface TracingOptions {
  /** Where spans are posted, with its path. */
  readonly url: string;
  readonly serviceName: string | undefined;
  /** Said of every span of this process. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerChoice;
}

export interface Tracing {
  /** Sends what waits, for so long at most. */
  close(deadlineMs: number): Promise<void>;
}
