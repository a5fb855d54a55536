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
  const response = await ask(path, options);
  if (response.status === 204) return undefined as T;
  if (response.ok) return (await jsonOf(response)) as T;
  throw await refusalOf(response);
}

/** The same of what is no JSON, as text: lines of an export. */
export async function requestText(path: string, options: Options = {}): Promise<string> {
  const response = await ask(path, options);
  if (response.ok) return response.text();
  throw await refusalOf(response);
}

async function ask(path: string, options: Options): Promise<Response> {
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
  return response;
}

const jsonOf = (response: Response): Promise<unknown> => response.json().catch(() => undefined);

async function refusalOf(response: Response): Promise<Error> {
  const answer = await jsonOf(response);
  return isProblem(answer) ? new ProblemError(answer) : new SilenceError();
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
