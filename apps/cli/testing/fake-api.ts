import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ItemResult, Job, Problem, UploadedFile } from '#contracts';
import { anImageSet, aJob, anItem, aProblem, JOB_ID, SET_ID } from './samples.js';

export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  json?: Record<string, unknown>;
  /** Names of uploaded files with the number of their bytes. */
  files: { name: string; bytes: number }[];
}

export type Answer = { status: number; body: unknown; headers?: Record<string, string> };

/**
 * Enough of the API for specs of its client: one set, one job, images whose name begins with `bad` are
 * refused. `answerNext` puts an answer before the next request to a path.
 */
export class FakeApi {
  readonly apiKey = 'plt_test';
  readonly received: Received[] = [];
  uploaded: UploadedFile[] = [];
  job: Job = aJob();
  items: ItemResult[] = [anItem(0)];
  /** States that GET of the job shows, one after the other; the last one stays. */
  jobStates: Partial<Job>[] = [];
  pageSize = 2;
  readonly #answers = new Map<string, (Answer | 'drop')[]>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  static async start(): Promise<FakeApi> {
    const api = new FakeApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  answerNext(path: string, ...answers: (Answer | 'drop')[]): void {
    this.#answers.set(path, [...(this.#answers.get(path) ?? []), ...answers]);
  }

  pathsReceived(): string[] {
    return this.received.map(({ method, path }) => `${method} ${path}`);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await receive(request);
    this.received.push(received);
    const answer = this.#answers.get(received.path)?.shift() ?? this.#answer(received);
    if (answer === 'drop') {
      request.socket.destroy();
      return;
    }
    const isProblem = answer.status >= 400;
    response.writeHead(answer.status, {
      'content-type': isProblem ? 'application/problem+json' : 'application/json',
      ...answer.headers,
    });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  #answer(received: Received): Answer {
    if (received.headers.authorization !== `Bearer ${this.apiKey}`) {
      return problem({ status: 401, code: 'auth.invalid_key' });
    }
    switch (`${received.method} ${received.path}`) {
      case 'POST /v1/image-sets':
        return { status: 201, body: anImageSet() };
      case `POST /v1/image-sets/${SET_ID}/images`:
        return { status: 200, body: this.#upload(received) };
      case `POST /v1/image-sets/${SET_ID}/seal`:
        return { status: 200, body: anImageSet({ state: 'sealed' }) };
      case 'POST /v1/jobs':
        return { status: 202, body: this.job };
      case 'GET /v1/jobs':
        return this.#page([this.job, this.job, this.job], received);
      case `GET /v1/jobs/${JOB_ID}`:
        return { status: 200, body: this.#nextState() };
      case `POST /v1/jobs/${JOB_ID}/cancel`:
        return { status: 202, body: { ...this.job, state: 'cancelling' } };
      case `POST /v1/jobs/${JOB_ID}/pause`:
        return { status: 202, body: { ...this.job, state: 'paused' } };
      case `GET /v1/jobs/${JOB_ID}/results`:
        return this.#page(this.items, received);
      case 'GET /v1/models':
        return this.#page([{ ...MODEL }], received);
      default:
        return problem({ status: 404, code: 'job.not_found' });
    }
  }

  #nextState(): Job {
    Object.assign(this.job, this.jobStates.shift());
    return this.job;
  }

  #upload(received: Received): unknown {
    const files = received.files.map(({ name }, n): UploadedFile => {
      const isBad = name.startsWith('bad');
      const error = isBad ? { code: 'image.undecodable', detail: 'It is no picture.' } : null;
      return {
        name,
        status: isBad ? 'refused' : 'accepted',
        n: isBad ? null : n,
        sha256: null,
        error,
      };
    });
    this.uploaded.push(...files);
    const refused = files.filter((file) => file.status === 'refused').length;
    const counts = { accepted: files.length - refused, duplicate: 0, refused };
    return { object: 'upload_report', image_set: anImageSet(), counts, files };
  }

  #page(all: readonly unknown[], { query }: Received): Answer {
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Math.min(this.pageSize, Number(query.get('limit') ?? 100));
    const has_more = to < all.length;
    const next_cursor = has_more ? `${to}` : null;
    const data = all.slice(from, to);
    return { status: 200, body: { object: 'list', data, next_cursor, has_more } };
  }
}

const MODEL = {
  object: 'model',
  id: 'tiny',
  family: 'paligemma',
  image_size: 28,
  note: 'made for tests',
  workers: 1,
  revision: null,
  is_own: false,
  task_ms: null,
};

export const problem = (
  part: Partial<Problem> & { status: number },
  headers: Record<string, string> = {},
): Answer => ({ status: part.status, body: aProblem(part), headers });

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const address = new URL(request.url ?? '/', 'http://fake');
  const received: Received = {
    method: request.method ?? '',
    path: address.pathname,
    query: address.searchParams,
    headers: request.headers,
    files: [],
  };
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) received.json = JSON.parse(body.toString('utf8'));
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    for (const file of form.getAll('files')) {
      if (typeof file !== 'string') received.files.push({ name: file.name, bytes: file.size });
    }
  }
  return received;
}
