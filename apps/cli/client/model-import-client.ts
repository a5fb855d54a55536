import {
  modelImportSchema,
  type CreateModelImport,
  type ModelImport,
  type UpdateModelImport,
} from '#contracts';
import { ApiCalls, post, type CallOptions } from './api-calls.js';
import type { TransportOptions } from './transport.js';

const IMPORTS = '/v1/model-imports';

/** What imports of models tell of themselves. */
export class ModelImportClient {
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
  }

  create(json: CreateModelImport, options: CallOptions = {}): Promise<ModelImport> {
    return this.#api.call(modelImportSchema, post(IMPORTS, { json, ...options }));
  }

  update(id: string, json: UpdateModelImport, options: CallOptions = {}): Promise<ModelImport> {
    const path = `${IMPORTS}/${encodeURIComponent(id)}`;
    const request = { path, json, isRepeatable: true, signal: options.signal };
    return this.#api.call(modelImportSchema, { method: 'PATCH', ...request });
  }
}
