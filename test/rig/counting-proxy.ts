import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came of one request. */
export interface Passed {
  readonly method: string;
  readonly url: URL;
  /** Of the server's answer. */
  readonly status: number;
}

/** An HTTP proxy that outlives the server behind it, counts what passes and says so. */
export class CountingProxy {
  /** Bytes of bodies that the client has sent, whether or not they arrived. */
  bytesSent = 0;
  readonly passed: Passed[] = [];
  readonly #server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  readonly #listeners = new Set<() => void>();

  private constructor(private readonly target: string) {}

  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when so many requests of this kind have been answered, or when whoever sends them is gone. */
  async until(
    isMeant: (one: Passed) => boolean,
    count: number,
    gone: Promise<unknown>,
  ): Promise<void> {
    const end = new AbortController();
    void gone.then(() => {
      end.abort();
      this.#tell();
    });
    while (!end.signal.aborted && this.passed.filter(isMeant).length < count) {
      await new Promise<void>((resolve) => {
        this.#listeners.add(resolve);
      });
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', headers } = incoming;
    const url = new URL(incoming.url ?? '/', this.target);
    const onward = request(url, { method, headers, agent: false }, (answer) => {
      const status = answer.statusCode ?? 0;
      outgoing.writeHead(status, answer.headers);
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
      // A client that is gone has heard nothing: what the server still ended for it was not acknowledged.
      if (incoming.socket.destroyed) return;
      this.passed.push({ method, url, status });
      this.#tell();
    });
    // A server that is gone looks from the other side as it does without us.
    onward.on('error', () => incoming.socket.destroy());
    incoming.on('error', () => onward.destroy());
    incoming.on('data', (chunk: Buffer) => (this.bytesSent += chunk.byteLength));
    incoming.pipe(onward);
  }

  #tell(): void {
    const waiting = [...this.#listeners];
    this.#listeners.clear();
    for (const resolve of waiting) resolve();
  }
}
