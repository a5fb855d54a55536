import type { z } from 'zod';
import { checkedAnswer } from './checked-answer.js';
import { HttpTransport, type ApiRequest, type TransportOptions } from './transport.js';

const PAGE_SIZE = 500;

interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

type Query = NonNullable<ApiRequest['query']>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The same key with the same body gives the first answer again instead of a second job or set. */
  readonly idempotencyKey?: string;
}

/** How much is wanted of a list: all of it without a limit. */
export interface ListOptions {
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** Requests to one API, and their answers held against the contract. */
export class ApiCalls {
  /** Without a slash at its end. */
  readonly url: string;
  readonly #transport: HttpTransport;

  constructor(options: TransportOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.#transport = new HttpTransport(options);
  }

  /** Errors: those of the transport. */
  send(request: ApiRequest): Promise<Response> {
    return this.#transport.send(request);
  }

  /** Errors: those of the transport, `cli.unexpected_answer`. */
  async call<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<T> {
    const response = await this.send(request);
    return checkedAnswer(schema, response, `${this.url}${request.path}`);
  }

  /** The entries of a list, over all its pages. */
  async *entries<T>(
    schema: z.ZodType<Page<T>>,
    path: string,
    query: Query,
    options: ListOptions,
  ): AsyncGenerator<T> {
    let left = options.limit ?? Infinity;
    for await (const page of this.pages(schema, path, query, options)) {
      yield* page.data.slice(0, left);
      left -= page.data.length;
      if (left <= 0) return;
    }
  }

  /** Page after page of a list, none larger than what is wanted of it. */
  async *pages<P extends Page<unknown>>(
    schema: z.ZodType<P>,
    path: string,
    query: Query,
    { limit: wanted = Infinity, signal }: ListOptions,
  ): AsyncGenerator<P> {
    const limit = Math.max(1, Math.min(wanted, PAGE_SIZE));
    let cursor: string | undefined;
    for (;;) {
      const request = { method: 'GET', path, query: { ...query, limit, cursor }, signal } as const;
      const page = await this.call(schema, request);
      yield page;
      if (!page.has_more || page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }
}

export const get = (path: string, { signal }: CallOptions): ApiRequest => ({
  method: 'GET',
  path,
  signal,
});

export const post = (path: string, rest: Omit<ApiRequest, 'method' | 'path'>): ApiRequest => ({
  method: 'POST',
  path,
  ...rest,
});
