import type { z } from 'zod';
import { checkedAnswer } from './checked-answer.js';
import { HttpTransport, type ApiRequest, type TransportOptions } from './transport.js';

const PAGE_SIZE = 500;

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

  /** Page after page of a list, none larger than what is wanted of it. */
  async *pages<P extends { has_more: boolean; next_cursor: string | null }>(
    schema: z.ZodType<P>,
    path: string,
    query: NonNullable<ApiRequest['query']>,
    wanted: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<P> {
    const limit = Math.max(1, Math.min(wanted, PAGE_SIZE));
    let cursor: string | undefined;
    for (;;) {
      const request: ApiRequest = {
        method: 'GET',
        path,
        query: { ...query, limit, cursor },
        signal,
      };
      const page = await this.call(schema, request);
      yield page;
      if (!page.has_more || page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }
}
