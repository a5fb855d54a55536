import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { once } from 'node:events';

export interface HubRequest {
  readonly server: 'hub' | 'cdn';
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

interface Repository {
  readonly commits: Map<string, ReadonlyMap<string, Buffer>>;
  /** Branch -> commit. */
  readonly branches: Map<string, string>;
  readonly isGated: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  /** The connection is cut after as many bytes of the body. */
  readonly cutAfter?: number;
}

/** Accepted by a gated repository. */
export const GOOD_TOKEN = 'hf_accepted';
/** Of an account that did not accept the licence. */
export const OTHER_TOKEN = 'hf_other';
/** Entries on a page of a listing: small, so that paging happens. */
const PAGE = 3;

/**
 * The Hugging Face Hub as far as downloads need it, on two ports: the Hub, and the one that it sends large files from.
 * Endpoints, headers and error codes as huggingface.co sends them (docs: hub/api, and huggingface_hub's
 * `get_hf_file_metadata`, `hf_raise_for_status`).
 */
export class LoopbackHub {
  readonly received: HubRequest[] = [];
  readonly #repositories = new Map<string, Repository>();
  readonly #faults: { readonly path: string; readonly answer: Partial<Answer> }[] = [];
  readonly #hub = createServer((request, response) => this.#handle('hub', request, response));
  readonly #cdn = createServer((request, response) => this.#handle('cdn', request, response));
  #commits = 0;

  static async start(): Promise<LoopbackHub> {
    const hub = new LoopbackHub();
    for (const server of [hub.#hub, hub.#cdn]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return hub;
  }

  get url(): string {
    return addressOf(this.#hub);
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  /** Makes the repository if there is none, and moves `main` to a new commit with these files. Gives the commit. */
  commit(name: string, files: ReadonlyMap<string, Buffer>, { gated = false } = {}): string {
    const repository = this.#repositories.get(name) ?? {
      commits: new Map(),
      branches: new Map(),
      isGated: gated,
    };
    this.#repositories.set(name, repository);
    const commit = createHash('sha1').update(`commit ${++this.#commits}`).digest('hex');
    repository.commits.set(commit, files);
    repository.branches.set('main', commit);
    return commit;
  }

  /** What the next request of a path that ends so is answered with, instead of or over the usual. */
  fault(path: string, answer: Partial<Answer>): void {
    this.#faults.push({ path, answer });
  }

  /** Requests for the content of a file. */
  requestsOf(path: string, server: 'hub' | 'cdn' = 'cdn'): HubRequest[] {
    return this.received.filter((one) => one.server === server && one.path.endsWith(`/${path}`));
  }

  #handle(server: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): void {
    const address = new URL(request.url ?? '/', this.url);
    const path = decodeURIComponent(address.pathname);
    const { range, authorization } = request.headers;
    this.received.push({ server, path, range, authorization });
    const fault = this.#faults.findIndex((one) => path.endsWith(one.path));
    const usual =
      server === 'hub' ? this.#answer(path, address, request) : this.#content(path, range);
    const answer = { ...usual, ...(fault < 0 ? {} : this.#faults.splice(fault, 1)[0]?.answer) };
    response.writeHead(answer.status, answer.headers);
    if (answer.cutAfter === undefined) return void response.end(answer.body);
    const part = Buffer.from(answer.body ?? '').subarray(0, answer.cutAfter);
    response.write(part, () => setImmediate(() => response.destroy()));
  }

  #answer(path: string, address: URL, request: IncomingMessage): Answer {
    const [, name = '', kind = '', rest = ''] =
      /^(?:\/api\/models)?\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/(.+)$/.exec(path) ?? [];
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (token !== undefined && token !== GOOD_TOKEN && token !== OTHER_TOKEN) {
      return problem(401, '', 'Invalid credentials in Authorization header');
    }
    const repository = this.#repositories.get(name);
    if (!repository) return problem(token ? 404 : 401, 'RepoNotFound', 'Repository not found');
    const [wanted = '', ...segments] = rest.split('/');
    const commit = repository.branches.get(wanted) ?? wanted;
    const files = repository.commits.get(commit);
    if (!files) return problem(404, 'RevisionNotFound', `Invalid rev id: ${wanted}`);
    if (kind === 'revision') return json({ _id: '1', id: name, sha: commit, private: false });
    if (kind === 'tree') return this.#tree(files, address);
    if (repository.isGated && token !== GOOD_TOKEN) {
      return problem(token ? 403 : 401, 'GatedRepo', `Access to model ${name} is restricted`);
    }
    const file = segments.join('/');
    const body = files.get(file);
    if (!body) return problem(404, 'EntryNotFound', 'Entry not found');
    const about = { 'x-repo-commit': commit, 'accept-ranges': 'bytes' };
    if (!isLarge(file)) {
      return ranged(body, request.headers.range, { ...about, etag: `"${gitChecksum(body)}"` });
    }
    const linked = { 'x-linked-etag': `"${sha256(body)}"`, 'x-linked-size': `${body.length}` };
    const location = `${addressOf(this.#cdn)}/${name}/${commit}/${file}?signature=of-the-hub`;
    return { status: 302, headers: { ...about, ...linked, location }, body: 'Found' };
  }

  #tree(files: ReadonlyMap<string, Buffer>, address: URL): Answer {
    const from = Number(address.searchParams.get('cursor') ?? 0);
    const entries = [...files].map(([path, body]) => ({
      type: 'file',
      path,
      size: body.length,
      oid: gitChecksum(body),
      ...(isLarge(path)
        ? {
            lfs: { oid: sha256(body), size: body.length, pointerSize: 134 },
            xetHash: '0'.repeat(64),
          }
        : {}),
    }));
    const all = [{ type: 'directory', path: 'folder', size: 0, oid: '1'.repeat(40) }, ...entries];
    const next = new URL(address);
    next.searchParams.set('cursor', `${from + PAGE}`);
    const link = from + PAGE < all.length ? { link: `<${next.href}>; rel="next"` } : undefined;
    return json(all.slice(from, from + PAGE), link);
  }

  #content(path: string, range: string | undefined): Answer {
    const [, owner, model, commit = '', file = ''] = path.split('/');
    const body = this.#repositories.get(`${owner}/${model}`)?.commits.get(commit)?.get(file);
    return body ? ranged(body, range, {}) : { status: 404 };
  }
}

function ranged(body: Buffer, range: string | undefined, headers: Record<string, string>): Answer {
  const from = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
  if (from === undefined) return { status: 200, headers, body };
  if (Number(from) >= body.length) {
    return { status: 416, headers: { 'content-range': `bytes */${body.length}` } };
  }
  const rest = body.subarray(Number(from));
  const about = `bytes ${from}-${body.length - 1}/${body.length}`;
  const length = `${rest.length}`;
  return {
    status: 206,
    body: rest,
    headers: { ...headers, 'content-range': about, 'content-length': length },
  };
}

const json = (value: unknown, headers: Record<string, string> = {}): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});

const problem = (status: number, code: string, error: string): Answer => ({
  ...json({ error }, { ...(code ? { 'x-error-code': code } : {}), 'x-error-message': error }),
  status,
});

const addressOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const isLarge = (path: string): boolean => /\.(safetensors|npz|model)$/.test(path);
const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
const gitChecksum = (body: Buffer): string =>
  createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');
