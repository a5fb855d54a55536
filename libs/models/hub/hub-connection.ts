import { AppError } from '#contracts';
import type { HubAccess } from './hub-access.js';
import { hubProblem } from './hub-problem.js';
import type { HubRepository } from './hub-repository.js';
import { retrying, type Pause } from './retry.js';

export interface ConnectionOptions {
  readonly access: HubAccess;
  /** The one that is asked about: errors name it. */
  readonly repository: HubRepository;
  readonly signal?: AbortSignal;
  readonly pause?: Pause;
}

const REDIRECTS = 8;

/** HTTP with the Hub and the servers that it refers to. The token goes to the Hub alone. */
export class HubConnection {
  constructor(readonly options: ConnectionOptions) {}

  /** For the Hub's client library: retries, our errors, and no header of the library's that could carry a token. */
  readonly fetch: typeof fetch = (input, init) =>
    retrying(
      () =>
        this.get(input instanceof Request ? input.url : String(input), {
          accept: new Headers(init?.headers).get('accept') ?? 'application/json',
        }),
      this.options,
    );

  /**
   * One GET, redirects followed; resolves with a 2xx answer whose body is unread.
   * Errors: those of `hubProblem`; `hub.unreachable`; whatever the signal was aborted with.
   */
  async get(address: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const { access, repository } = this.options;
    let next = new URL(address);
    for (let count = 0; count <= REDIRECTS; count += 1) {
      const response = await this.#send(next, headers);
      if (response.ok) return response;
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) {
        const isFromHub = this.#isHub(next);
        throw await hubProblem({ response, access, repository, isFromHub });
      }
      await response.body?.cancel();
      next = new URL(location, next);
    }
    throw new AppError('hub.failed', `${access.url} redirects in a circle.`);
  }

  /** Not left to fetch: which request carries the token is decided here for each address anew. */
  async #send(address: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
    const { access, signal } = this.options;
    const isTrusted = this.#isHub(address) && access.token !== undefined;
    try {
      return await fetch(address, {
        redirect: 'manual',
        headers: {
          ...headers,
          // A compressed answer has other bytes than the file, so ranges of it mean nothing.
          'accept-encoding': 'identity',
          ...(isTrusted ? { authorization: `Bearer ${access.token}` } : {}),
        },
        signal: signal ?? null,
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreachable(address, cause);
    }
  }

  #isHub(address: URL): boolean {
    return address.origin === new URL(this.options.access.url).origin;
  }
}

/** No answer, or one that broke off. */
export function unreachable(address: URL, cause: unknown): AppError {
  const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
  const why = inner instanceof Error ? inner.message : String(inner);
  return new AppError(
    'hub.unreachable',
    `The connection to ${address.host} failed: ${why}. Try again; what was downloaded stays.`,
    { retryable: true, cause },
  );
}
