import type { Problem } from '#contracts';
import { noteAnswer, noteSilence } from './connection';

/** What the API said when it refused; its text tells the reader what to do next. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** The API, or the way to it, did not answer. */
export class SilenceError extends Error {
  constructor() {
    super('Pallet does not answer. It is asked again by itself.');
  }
}

let lastId: string | undefined;

/** Of the request that was answered last: what a report of a fault of the page itself can name. */
export const lastRequestId = (): string | undefined => lastId;

interface Options {
  readonly method?: string;
  readonly body?: object | FormData;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Input: a path of the API. Output: its JSON. Errors: ProblemError, SilenceError; those of an abort. */
export async function request<T>(path: string, options: Options = {}): Promise<T> {
  const { method = 'GET', body, headers, signal } = options;
  const isForm = body instanceof FormData;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: {
        ...headers,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined || isForm ? body : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    noteSilence();
    throw new SilenceError();
  }
  noteAnswer();
  lastId = response.headers.get('x-request-id') ?? lastId;
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as T;
  throw isProblem(answer) ? new ProblemError(answer) : new SilenceError();
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
