import type { z } from 'zod';
import { keyPageSchema, keySchema, type createKeySchema, type Key } from '#contracts';
import { ApiCalls } from './api-calls.js';
import type { TransportOptions } from './transport.js';

interface CallOptions {
  readonly signal?: AbortSignal;
}

const KEYS = '/v1/api-keys';

/** API keys of the tenant, as the API has them. */
export class KeyClient {
  readonly url: string;
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
    this.url = this.#api.url;
  }

  /** Not repeatable: the answer holds the key. */
  create(json: z.input<typeof createKeySchema>, { signal }: CallOptions = {}): Promise<Key> {
    return this.#api.call(keySchema, { method: 'POST', path: KEYS, json, signal });
  }

  /** Newest first, over all pages. */
  async *list({ signal }: CallOptions = {}): AsyncGenerator<Key> {
    const pages = this.#api.pages(keyPageSchema, KEYS, {}, Infinity, signal);
    for await (const page of pages) yield* page.data;
  }

  revoke(id: string, { signal }: CallOptions = {}): Promise<Key> {
    const path = `${KEYS}/${encodeURIComponent(id)}`;
    return this.#api.call(keySchema, { method: 'DELETE', path, signal });
  }
}
