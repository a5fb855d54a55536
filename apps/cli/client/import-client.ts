import { openAsBlob } from 'node:fs';
import type { z } from 'zod';
import {
  type createBucketImportSchema,
  importSchema,
  manifestCheckSchema,
  type Import,
  type ManifestCheck,
} from '#contracts';
import { ApiCalls, type CallOptions } from './api-calls.js';
import type { ApiRequest, TransportOptions } from './transport.js';

/** Imports, as the API has them. */
export class ImportClient {
  readonly url: string;
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
    this.url = this.#api.url;
  }

  /** Sends a manifest as it lies on disk; sent again it adds nothing. Errors: those of the file system too. */
  async create(
    setId: string,
    manifest: { path: string; type: string; name?: string },
    { signal }: CallOptions = {},
  ): Promise<Import> {
    return this.#api.call(importSchema, await this.#request(setId, manifest, {}, signal));
  }

  /** The server lists the bucket and fetches from it. */
  createFromBucket(
    setId: string,
    json: z.input<typeof createBucketImportSchema>,
    { signal }: CallOptions = {},
  ): Promise<Import> {
    const path = importsOf(setId);
    return this.#api.call(importSchema, { method: 'POST', path, json, signal });
  }

  /** Only looks at the lines. */
  async check(
    setId: string,
    manifest: { path: string; type: string },
    { signal }: CallOptions = {},
  ): Promise<ManifestCheck> {
    const query = { dry_run: 'true' };
    return this.#api.call(manifestCheckSchema, await this.#request(setId, manifest, query, signal));
  }

  get(id: string, { signal }: CallOptions = {}): Promise<Import> {
    return this.#api.call(importSchema, { method: 'GET', path: pathOf(id), signal });
  }

  async #request(
    setId: string,
    { path, type, name }: { path: string; type: string; name?: string },
    query: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<ApiRequest> {
    return {
      method: 'POST',
      path: importsOf(setId),
      query: { ...query, name },
      blob: await openAsBlob(path, { type }),
      signal,
    };
  }
}

const importsOf = (setId: string): string => `/v1/image-sets/${encodeURIComponent(setId)}/imports`;
const pathOf = (id: string): string => `/v1/imports/${encodeURIComponent(id)}`;
