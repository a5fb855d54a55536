import type { z } from 'zod';
import {
  partUrlsSchema,
  uploadPartsSchema,
  uploadSchema,
  type CreateUpload,
  type PartUrls,
  type Upload,
  type UploadParts,
} from '#contracts';
import { checkedAnswer } from './checked-answer.js';
import { putPart } from './put-part.js';
import { HttpTransport, type ApiRequest, type TransportOptions } from './transport.js';

export type PartUrl = PartUrls['data'][number];
interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Uploads in parts, as the API has them. Every call may be repeated. */
export class UploadClient {
  readonly url: string;
  readonly #transport: HttpTransport;

  constructor(private readonly options: TransportOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.#transport = new HttpTransport(options);
  }

  create(
    setId: string,
    json: CreateUpload,
    options: CallOptions & { idempotencyKey: string },
  ): Promise<Upload> {
    const path = `/v1/image-sets/${encodeURIComponent(setId)}/uploads`;
    return this.#call(uploadSchema, { method: 'POST', path, json, ...options });
  }

  get(id: string, { signal }: CallOptions = {}): Promise<Upload> {
    return this.#call(uploadSchema, { method: 'GET', path: pathOf(id), signal });
  }

  listParts(id: string, { signal }: CallOptions = {}): Promise<UploadParts> {
    return this.#call(uploadPartsSchema, { method: 'GET', path: `${pathOf(id)}/parts`, signal });
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
    const { data } = await this.#call(partUrlsSchema, request);
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
    return this.#call(uploadSchema, { method: 'POST', path, isRepeatable: true, signal });
  }

  async #call<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<T> {
    const response = await this.#transport.send(request);
    return checkedAnswer(schema, response, `${this.url}${request.path}`);
  }
}

const pathOf = (id: string): string => `/v1/uploads/${encodeURIComponent(id)}`;
