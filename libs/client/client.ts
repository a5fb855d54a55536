import { OPERATIONS, type Operations, type Problem } from './api.js';

type Name = keyof Operations;
type Input<N extends Name> = Operations[N]['input'];
/** Nothing to send needs no argument. */
type Arguments<N extends Name> =
  Record<never, never> extends Input<N>
    ? [input?: Input<N>, options?: CallOptions]
    : [input: Input<N>, options?: CallOptions];

/** One method per operation of the API, by its operationId. */
export type Pallet = {
  readonly [N in Name]: (...args: Arguments<N>) => Promise<Operations[N]['answer']>;
};

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ClientOptions {
  /** Where the api listens, for example `http://127.0.0.1:4600`. */
  readonly url: string;
  readonly apiKey: string;
  readonly fetch?: typeof fetch;
}

/** An answer that is no success; `problem.code` is stable. */
export class PalletError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(problem?.detail ?? `The server answered ${status}.`);
    this.name = 'PalletError';
  }
}

/**
 * A client of the API: `await pallet(...).getJob({ id })`. Parameters of the path, the query and headers lie
 * beside `body`. It sends each request once; a caller that wants to try again sees `retry_after`.
 * Errors: `PalletError`; those of `fetch`.
 */
export function pallet(options: ClientOptions): Pallet {
  const methods = Object.keys(OPERATIONS).map((name) => [
    name,
    (input: Values = {}, call: CallOptions = {}) => send(options, name as Name, input, call),
  ]);
  return Object.fromEntries(methods) as Pallet;
}

type Values = Readonly<Record<string, unknown>>;

async function send(
  { url, apiKey, fetch: by = fetch }: ClientOptions,
  name: Name,
  input: Values,
  { signal }: CallOptions,
): Promise<unknown> {
  const operation = OPERATIONS[name];
  const headers: Record<string, string> = { authorization: `Bearer ${apiKey}` };
  for (const header of operation.header) {
    if (input[header] !== undefined) headers[header] = String(input[header]);
  }
  const init: RequestInit = { method: operation.method, headers, signal: signal ?? null };
  if (operation.sends === 'json' && input.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(input.body);
  } else if (input.body !== undefined) init.body = input.body as FormData | Blob;
  const response = await by(addressOf(url, operation, input), init);
  if (response.status >= 400) throw await errorOf(response);
  if (operation.answers === 'response') return response;
  if (operation.answers === 'json' && response.status !== 304) return response.json();
  await response.body?.cancel();
  return undefined;
}

function addressOf(
  url: string,
  { path, query }: { path: string; query: readonly string[] },
  input: Values,
): URL {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(input[name])),
  );
  const address = new URL(url.replace(/\/+$/, '') + filled);
  for (const name of query) {
    for (const value of [input[name] ?? []].flat())
      address.searchParams.append(name, String(value));
  }
  return address;
}

async function errorOf(response: Response): Promise<PalletError> {
  const text = await response.text();
  try {
    return new PalletError(response.status, JSON.parse(text) as Problem);
  } catch {
    return new PalletError(response.status, undefined);
  }
}
