import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** What S3 lets pass between its clock and the one that signed, milliseconds. */
const MOST_SKEW_MS = 15 * 60_000;

/** An S3 server before one that checks no times: it refuses what is signed at another time, as S3 does. */
export class StrictS3 {
  /** Requests that were refused, by S3's code. */
  readonly refused = new Map<string, number>();
  readonly #server = createServer((asked, answer) => this.#answer(asked, answer));

  constructor(private readonly endpoint: string) {}

  /** Input: a store's url. Output: the same by way of this server. */
  async start(storeUrl: string): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    const { port } = this.#server.address() as AddressInfo;
    const url = new URL(storeUrl);
    url.searchParams.set('endpoint', `http://127.0.0.1:${port}`);
    return url.href;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    const code = refusalOf(asked);
    if (code !== undefined) {
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
      asked.resume();
      answer.writeHead(403, { 'content-type': 'application/xml' });
      answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
      return;
    }
    const { method, headers, url } = asked;
    const onward = request(new URL(url!, this.endpoint), { method, headers }, (given) => {
      answer.writeHead(given.statusCode!, given.headers);
      pipeline(given, answer, () => undefined);
    });
    onward.on('error', () => answer.destroy());
    pipeline(asked, onward, () => undefined);
  }
}

function refusalOf({ url, headers }: IncomingMessage): string | undefined {
  const query = new URL(url!, 'http://x').searchParams;
  const signedAt = timeOf(query.get('X-Amz-Date') ?? String(headers['x-amz-date']));
  const ageMs = Date.now() - signedAt;
  const validSeconds = query.get('X-Amz-Expires');
  if (validSeconds !== null) {
    const isValid = ageMs > -MOST_SKEW_MS && ageMs < Number(validSeconds) * 1_000;
    return isValid ? undefined : 'AccessDenied';
  }
  return Math.abs(ageMs) < MOST_SKEW_MS ? undefined : 'RequestTimeTooSkewed';
}

/** Of `20261129T061200Z`. */
const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
