import type { z } from 'zod';
import { type createExportSchema, exportSchema, type Export } from '#contracts';
import { checkedAnswer } from './checked-answer.js';
import { HttpTransport, type ApiRequest, type TransportOptions } from './transport.js';

/** Exports into buckets, as the API has them. */
export class ExportClient {
  readonly url: string;
  readonly #transport: HttpTransport;

  constructor(options: TransportOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.#transport = new HttpTransport(options);
  }

  create(
    jobId: string,
    json: z.input<typeof createExportSchema>,
    signal?: AbortSignal,
  ): Promise<Export> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/exports`;
    return this.#call({ method: 'POST', path, json, signal });
  }

  get(id: string, signal?: AbortSignal): Promise<Export> {
    const path = `/v1/exports/${encodeURIComponent(id)}`;
    return this.#call({ method: 'GET', path, signal });
  }

  async #call(request: ApiRequest): Promise<Export> {
    const response = await this.#transport.send(request);
    return checkedAnswer(exportSchema, response, `${this.url}${request.path}`);
  }
}
