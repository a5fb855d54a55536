import type { z } from 'zod';
import { type createExportSchema, exportSchema, type Export } from '#contracts';
import { ApiCalls } from './api-calls.js';
import type { TransportOptions } from './transport.js';

/** Exports into buckets, as the API has them. */
export class ExportClient {
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
  }

  create(
    jobId: string,
    json: z.input<typeof createExportSchema>,
    signal?: AbortSignal,
  ): Promise<Export> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/exports`;
    return this.#api.call(exportSchema, { method: 'POST', path, json, signal });
  }

  get(id: string, signal?: AbortSignal): Promise<Export> {
    const path = `/v1/exports/${encodeURIComponent(id)}`;
    return this.#api.call(exportSchema, { method: 'GET', path, signal });
  }
}
