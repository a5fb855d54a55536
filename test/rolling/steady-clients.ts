import type { ImageSet, Job, ResultPage } from '#contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as lasting } from 'node:timers/promises';
import type { TestFile } from '../rig/client.js';
import { tinyImage } from '../rig/tiny-image.js';

/** Between two requests of one client, in milliseconds: its connection is idle meanwhile, and kept. */
const PAUSE_MS = 60;
const IMAGES_A_JOB = 3;

export interface Ordered {
  readonly jobId: string;
  readonly files: readonly TestFile[];
}

/**
 * Clients that go on with what clients do while processes are replaced: they upload, order jobs, poll and read results.
 * A 503 that says when to come back is asked again; everything else that is no success is a failure, connections that
 * were refused or reset among it: not every client asks again by itself.
 */
export class SteadyClients {
  readonly failures: string[] = [];
  readonly ordered: Ordered[] = [];
  requests = 0;
  /** Requests that were told to come back, and did. */
  retries = 0;
  #isStopping = false;
  #nextImage: number;
  readonly #loops: Promise<void>[];

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
    private readonly options: { readonly jobId: string; readonly firstImage: number },
  ) {
    this.#nextImage = options.firstImage;
    const work = [
      () => this.#orderJob(),
      () => this.#orderJob(),
      () => this.#poll(),
      () => this.#poll(),
      () => this.#readResults(),
    ];
    this.#loops = work.map((step) => this.#goOn(step));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
  }

  async #goOn(step: () => Promise<void>): Promise<void> {
    while (!this.#isStopping) {
      await step().catch((error: unknown) => this.failures.push(wordsOf(error)));
      await lasting(PAUSE_MS);
    }
  }

  async #orderJob(): Promise<void> {
    const files = Array.from({ length: IMAGES_A_JOB }, () => tinyImage(this.#nextImage++));
    const set = await this.#ask<ImageSet>('POST', '/v1/image-sets', { name: 'while we roll' });
    const form = new FormData();
    for (const { bytes, name } of files) {
      form.append('files', new Blob([Uint8Array.from(bytes)]), name);
    }
    await this.#ask('POST', `/v1/image-sets/${set.id}/images`, form);
    const order = { image_set: set.id, seal: true, tasks: [{ type: 'ocr' }] };
    const job = await this.#ask<Job>('POST', '/v1/jobs', order);
    this.ordered.push({ jobId: job.id, files });
  }

  async #poll(): Promise<void> {
    await this.#ask<Job>('GET', `/v1/jobs/${this.options.jobId}`);
  }

  async #readResults(): Promise<void> {
    const path = `/v1/jobs/${this.options.jobId}/results?limit=100`;
    const page = await this.#ask<ResultPage>('GET', path);
    if (page.next_cursor === null) return;
    await this.#ask('GET', `${path}&cursor=${encodeURIComponent(page.next_cursor)}`);
  }

  async #ask<T>(method: string, path: string, body?: FormData | object): Promise<T> {
    const isForm = body instanceof FormData;
    const headers = {
      authorization: `Bearer ${this.apiKey}`,
      ...(method === 'POST' && !isForm ? { 'idempotency-key': randomUUID() } : {}),
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    };
    for (;;) {
      this.requests += 1;
      const response = await fetch(this.url + path, {
        method,
        headers,
        ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
      }).catch((error: unknown) => {
        throw new Error(`${method} ${path}: ${wordsOf(error)}`);
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text) as T;
      const after = response.headers.get('retry-after');
      if (response.status !== 503 || after === null) {
        throw new Error(`${method} ${path}: ${response.status} ${text}`);
      }
      this.retries += 1;
      await lasting(200);
    }
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${String(error.cause)}`;
}
