import type { z } from 'zod';
import { keyPageSchema, keySchema, type createKeySchema, type Key } from '#contracts';
import { checkedAnswer } from './checked-answer.js';
import { HttpTransport, type ApiRequest, type TransportOptions } from './transport.js';

interface CallOptions {
  readonly signal?: AbortSignal;
}

const KEYS = '/v1/api-keys';

/** API keys of the tenant, as the API has them. */
export class KeyClient {
  readonly url: string;
  readonly #transport: HttpTransport;

  constructor(options: TransportOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.#transport = new HttpTransport(options);
  }

  /** Not repeatable: the answer holds the key. */
  create(json: z.input<typeof createKeySchema>, { signal }: CallOptions = {}): Promise<Key> {
    return this.#call(keySchema, { method: 'POST', path: KEYS, json, signal });
  }

  /** Newest first, over all pages. */
  async *list({ signal }: CallOptions = {}): AsyncGenerator<Key> {
    let cursor: string | undefined;
    do {
      const page = await this.#call(keyPageSchema, {
        method: 'GET',
        path: KEYS,
        query: { cursor },
        signal,
      });
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  revoke(id: string, { signal }: CallOptions = {}): Promise<Key> {
    const path = `${KEYS}/${encodeURIComponent(id)}`;
    return this.#call(keySchema, { method: 'DELETE', path, signal });
  }

  async #call<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<T> {
    const response = await this.#transport.send(request);
    return checkedAnswer(schema, response, `${this.url}${request.path}`);
  }
}
