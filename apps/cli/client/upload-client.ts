import {
  partUrlsSchema,
  uploadPartsSchema,
  uploadSchema,
  type CreateUpload,
  type PartUrls,
  type Upload,
  type UploadParts,
} from '#contracts';
import { ApiCalls, type CallOptions } from './api-calls.js';
import { putPart } from './put-part.js';
import type { TransportOptions } from './transport.js';

export type PartUrl = PartUrls['data'][number];
/** Uploads in parts, as the API has them. Every call may be repeated. */
export class UploadClient {
  readonly url: string;
  readonly #api: ApiCalls;

  constructor(private readonly options: TransportOptions) {
    this.#api = new ApiCalls(options);
    this.url = this.#api.url;
  }

  create(
    setId: string,
    json: CreateUpload,
    options: CallOptions & { idempotencyKey: string },
  ): Promise<Upload> {
    const path = `/v1/image-sets/${encodeURIComponent(setId)}/uploads`;
    return this.#api.call(uploadSchema, { method: 'POST', path, json, ...options });
  }

  get(id: string, { signal }: CallOptions = {}): Promise<Upload> {
    return this.#api.call(uploadSchema, { method: 'GET', path: pathOf(id), signal });
  }

  listParts(id: string, { signal }: CallOptions = {}): Promise<UploadParts> {
    return this.#api.call(uploadPartsSchema, {
      method: 'GET',
      path: `${pathOf(id)}/parts`,
      signal,
    });
  }

  /** `direct` false: through the API, where the bucket cannot be reached. */
  async urlOf(
    id: string,
    part: { n: number; md5: string },
    { direct, signal }: CallOptions & { direct: boolean },
  ): Promise<PartUrl> {
    const path = `${pathOf(id)}/parts`;
    const json = { parts: [part], direct };
    const request = { method: 'POST', path, json, isRepeatable: true, signal } as const;
    const { data } = await this.#api.call(partUrlsSchema, request);
    return data[0]!;
  }

  /** Errors: those of `putPart`. */
  put(part: PartUrl, body: Uint8Array, { signal }: CallOptions = {}): Promise<void> {
    return putPart({ ...part, url: new URL(part.url, `${this.url}/`).href }, body, {
      ...this.options,
      signal,
    });
  }

  complete(id: string, { signal }: CallOptions = {}): Promise<Upload> {
    const path = `${pathOf(id)}/complete`;
    return this.#api.call(uploadSchema, { method: 'POST', path, isRepeatable: true, signal });
  }
}

const pathOf = (id: string): string => `/v1/uploads/${encodeURIComponent(id)}`;
