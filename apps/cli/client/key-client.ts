import type { z } from 'zod';
import { keyPageSchema, keySchema, type createKeySchema, type Key } from '#contracts';
import { ApiCalls, type CallOptions } from './api-calls.js';
import type { TransportOptions } from './transport.js';

const KEYS = '/v1/api-keys';

/** API keys of the tenant, as the API has them. */
export class KeyClient {
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
  }

  /** Not repeatable: the answer holds the key. */
  create(json: z.input<typeof createKeySchema>, { signal }: CallOptions = {}): Promise<Key> {
    return this.#api.call(keySchema, { method: 'POST', path: KEYS, json, signal });
  }

  /** Newest first, over all pages. */
  list(options: CallOptions = {}): AsyncGenerator<Key> {
    return this.#api.entries(keyPageSchema, KEYS, {}, options);
  }

  revoke(id: string, { signal }: CallOptions = {}): Promise<Key> {
    const path = `${KEYS}/${encodeURIComponent(id)}`;
    return this.#api.call(keySchema, { method: 'DELETE', path, signal });
  }
}
