import { workerPageSchema, workerSchema, type Worker } from '#contracts';
import { ApiCalls, type CallOptions } from './api-calls.js';
import type { TransportOptions } from './transport.js';

const WORKERS = '/v1/operate/workers';

/** Workers of the whole system, for keys that may operate. */
export class WorkerClient {
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
  }

  /** Newest first, over all pages. */
  list(options: CallOptions = {}): AsyncGenerator<Worker> {
    return this.#api.entries(workerPageSchema, WORKERS, {}, options);
  }

  drain(id: string, { signal }: CallOptions = {}): Promise<Worker> {
    const path = `${WORKERS}/${encodeURIComponent(id)}/drain`;
    return this.#api.call(workerSchema, { method: 'POST', path, isRepeatable: true, signal });
  }
}
