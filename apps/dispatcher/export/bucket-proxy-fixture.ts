import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** `drop`: the connection ends without an answer. */
export type Fault =
  'drop' | { readonly status: number; readonly code: string; readonly message?: string };

export interface BucketProxy {
  url(): string;
  /** What came since it was last emptied, as `PUT part 2`. */
  readonly seen: string[];
  /** Asked about each request; undefined lets it through. May wait. */
  fault: (what: string) => Fault | undefined | Promise<Fault | undefined>;
}

/** An S3 server behind something that sees and breaks requests. */
export function useBucketProxy(endpoint: () => string): BucketProxy {
  const seen: string[] = [];
  const proxy: BucketProxy = {
    seen,
    fault: () => undefined,
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const server = createServer((request, response) => void handle(request, response));
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const what = nameOf(request);
    seen.push(what);
    const fault = await proxy.fault(what);
    if (fault === undefined) return pass(endpoint(), request, response);
    if (fault === 'drop') return void request.socket.destroy();
    request.resume();
    const { status, code, message = code } = fault;
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    );
  }
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return proxy;
}

function pass(to: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const onward = forward(new URL(request.url ?? '/', to), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.on('error', () => onward.destroy());
  request.pipe(onward);
}

function nameOf({ method = '', url = '' }: IncomingMessage): string {
  const { pathname, searchParams } = new URL(url, 'http://x');
  if (searchParams.has('partNumber')) return `${method} part ${searchParams.get('partNumber')}`;
  if (searchParams.has('uploads')) return `${method} uploads`;
  if (searchParams.has('uploadId')) return `${method} upload`;
  return `${method} ${pathname.endsWith('.manifest.json') ? 'manifest' : 'object'}`;
}
