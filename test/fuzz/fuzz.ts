import { seededRandom } from '../rig/random.js';
import { makeRequest, type FuzzRequest, type Operation } from './requests.js';
import type { Schema } from '../../apps/api/openapi/api-schema.js';
import { ValueMaker, pick, type Random } from './values.js';

export interface FuzzOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly seed: number;
  readonly forMs: number;
  /** It goes on for longer until it has asked so often. Default: 0. */
  readonly leastRequests?: number;
  readonly atOnce?: number;
}

export interface Finding {
  readonly what: string;
  readonly request: string;
  readonly answer: string;
}

export interface FuzzReport {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Operations that were answered with success at least once. */
  readonly reached: number;
  readonly operations: number;
  readonly findings: readonly Finding[];
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'path'>>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A request that is open for longer is let go: it may wait for something on purpose. */
const PATIENCE_MS = 20_000;
const MOST_IDS = 200;

/**
 * Asks every operation of the description, over and over, with values that keep their schemas mostly.
 * A finding is an answer of 5xx (but `server.busy`, which is a bound that says so), an error without a
 * stable code, or no answer. The same seed asks the same, as far as answers come in the same order.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const run = new FuzzRun(options);
  await run.learn();
  const until = performance.now() + options.forMs;
  const askers = Array.from({ length: options.atOnce ?? 8 }, (_, n) =>
    run.ask(seededRandom(options.seed + n), until),
  );
  await Promise.all(askers);
  return run.report();
}

class FuzzRun {
  #document!: Document;
  #operations: readonly Operation[] = [];
  readonly #ids = new Map<string, string[]>();
  readonly #statuses: Record<string, number> = {};
  readonly #reached = new Set<string>();
  readonly #findings = new Map<string, Finding>();
  #requests = 0;

  constructor(private readonly options: FuzzOptions) {}

  async learn(): Promise<void> {
    const response = await fetch(new URL('/openapi.json', this.options.url));
    this.#document = (await response.json()) as Document;
    this.#operations = Object.entries(this.#document.paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, rest]) => ({ ...rest, path, method: verb.toUpperCase() })),
    );
  }

  async ask(random: Random, until: number): Promise<void> {
    const { leastRequests = 0 } = this.options;
    while (performance.now() < until || this.#requests < leastRequests) {
      const operation = pick(random, this.#operations);
      // What removes things is asked seldom, or there would be nothing left to ask about.
      if (operation.method === 'DELETE' && random() < 0.8) continue;
      const { schemas } = this.#document.components;
      const maker = new ValueMaker(random, schemas, this.#ids, pick(random, [0, 0.02, 0.15]));
      await this.#send(operation, makeRequest(random, operation, maker));
    }
  }

  async #send(operation: Operation, request: FuzzRequest): Promise<void> {
    this.#requests += 1;
    const name = `${operation.method} ${operation.path}`;
    try {
      const response = await fetch(new URL(request.target, this.options.url), {
        method: request.method,
        headers: { authorization: `Bearer ${this.options.apiKey}`, ...request.headers },
        body: request.body ?? null,
        signal: AbortSignal.timeout(PATIENCE_MS),
        redirect: 'manual',
      });
      this.#statuses[response.status] = (this.#statuses[response.status] ?? 0) + 1;
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
        await response.body?.cancel();
        this.#reached.add(name);
        return;
      }
      this.#judge(name, request, response.status, await response.text());
    } catch (error) {
      // Our own client refuses some requests, such as a header with a line break; and waits end.
      const reason =
        error instanceof Error ? `${error.name} ${String(error.cause ?? error.message)}` : '';
      if (/TimeoutError|AbortError|Invalid|ByteString/.test(reason)) return;
      this.#find(`${name}: no answer`, request, reason);
    }
  }

  #judge(name: string, request: FuzzRequest, status: number, text: string): void {
    if (status < 400) {
      this.#reached.add(name);
      this.#learnIds(text);
      return;
    }
    // Node's parser says so, before any of us has seen the request.
    if (status === 431) return;
    const code = codeOf(text);
    if (code === undefined && request.method !== 'HEAD') {
      this.#find(`${name}: ${status} without a code`, request, text);
    }
    if (status >= 500 && code !== 'server.busy')
      this.#find(`${name}: ${status} ${code}`, request, text);
  }

  #learnIds(text: string): void {
    for (const [id, prefix] of text.slice(0, 20_000).matchAll(/\b([a-z]{2,6})_[0-9a-f]{32}\b/g)) {
      const known = this.#ids.get(prefix!) ?? [];
      if (known.includes(id)) continue;
      known.push(id);
      if (known.length > MOST_IDS) known.shift();
      this.#ids.set(prefix!, known);
    }
  }

  #find(what: string, { method, target, headers, body }: FuzzRequest, answer: string): void {
    if (this.#findings.has(what)) return;
    const sent =
      body instanceof FormData
        ? [...body].map(([k, v]) => [k, typeof v === 'string' ? v : v.name])
        : body;
    const request = JSON.stringify({ method, target, headers, body: sent }).slice(0, 1_000);
    this.#findings.set(what, { what, request, answer: answer.slice(0, 500) });
  }

  report(): FuzzReport {
    return {
      requests: this.#requests,
      statuses: this.#statuses,
      reached: this.#reached.size,
      operations: this.#operations.length,
      findings: [...this.#findings.values()],
    };
  }
}

/** Of a problem of ours, or of an error in OpenAI's form. */
function codeOf(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as { code?: unknown; error?: { code?: unknown; type?: unknown } };
    const code = body.code ?? body.error?.code ?? body.error?.type;
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}
