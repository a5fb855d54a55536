import type { ImageSet, ItemResult, Job, ResultPage, Task, UploadReport } from '#contracts';

/** A file to upload: its name, its bytes. */
export interface TestFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The public API as a test uses it. Throws with the problem's text when the answer is an error. */
export class TestClient {
  constructor(
    private readonly url: string,
    private readonly apiKey: string,
    /** More of every request. */
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async request<T>(method: string, path: string, body?: FormData | object): Promise<T> {
    const isForm = body instanceof FormData;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...this.headers,
        authorization: `Bearer ${this.apiKey}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined || isForm ? (body as FormData | undefined) : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  createSet(name: string): Promise<ImageSet> {
    return this.request('POST', '/v1/image-sets', { name });
  }

  upload(setId: string, files: readonly TestFile[]): Promise<UploadReport> {
    const form = new FormData();
    for (const file of files) {
      form.append('files', new Blob([Uint8Array.from(file.bytes)]), file.name);
    }
    return this.request('POST', `/v1/image-sets/${setId}/images`, form);
  }

  createJob(setId: string, tasks: readonly Task[], more: object = {}): Promise<Job> {
    return this.request('POST', '/v1/jobs', { image_set: setId, seal: true, tasks, ...more });
  }

  job(jobId: string): Promise<Job> {
    return this.request('GET', `/v1/jobs/${jobId}`);
  }

  async *results(jobId: string): AsyncGenerator<ItemResult> {
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: ResultPage = await this.request(
        'GET',
        `/v1/jobs/${jobId}/results?limit=1000${query}`,
      );
      yield* page.data;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  /** Polls until the job has ended; `onLook` sees every state on the way. */
  async finished(jobId: string, timeoutMs: number, onLook?: (job: Job) => void): Promise<Job> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const job = await this.job(jobId);
      onLook?.(job);
      if (job.finished_at !== null) return job;
      if (Date.now() > deadline) throw new Error(`job does not end: ${JSON.stringify(job)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
