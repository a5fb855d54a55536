import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Spoil } from './wrong-reply.js';

/** What a network, or the server at its end, does to a connection. */
export type Fault =
  | { readonly kind: 'none' }
  /** What is open is reset, and nothing new is let in: the server is down. */
  | { readonly kind: 'refuse' }
  /** Connections are open and nothing passes, either way: a partition, or a machine that stands still. */
  | { readonly kind: 'silence' }
  /** Each chunk waits, both ways. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Replies come in pieces of so many bytes, one a turn of the event loop. */
  | { readonly kind: 'slices'; readonly bytes: number }
  /** A connection ends after so many bytes of its replies: truncated bodies. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Replies are made into others; with `ends` nothing comes after one that was. */
  | { readonly kind: 'spoil'; readonly spoil: Spoil; readonly ends?: boolean }
  /** A matching request does not reach the server, nor does anything after it on its connection; nobody answers. */
  | { readonly kind: 'swallow'; readonly from: RegExp }
  /** The server does what a matching request asks, and the connection is reset before the reply comes. */
  | { readonly kind: 'lose-reply'; readonly to: RegExp }
  /** Instead of the server, to a share of the requests; then the connection ends. */
  | {
      readonly kind: 'answer';
      readonly reply: string;
      readonly share: number;
      readonly random: () => number;
    };

const NONE: Fault = { kind: 'none' };

/**
 * A TCP proxy that misbehaves on demand. A fault counts at once, for connections that are open as for new ones, so a
 * test can break a system in the middle of whatever it does.
 */
export class FaultProxy {
  #fault: Fault = NONE;
  readonly #links = new Set<Link>();
  /** How often the fault struck, since it was set. */
  #strikes = 0;

  private constructor(
    private readonly server: Server,
    private target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (client) => this.#accept(client));
  }

  static async to(url: string): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, addressOf(url));
  }

  get strikes(): number {
    return this.#strikes;
  }

  /** The same url, by way of this proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return changed.href;
  }

  /** Another server stands behind this address now: what is open is reset. */
  switchTo(url: string): void {
    this.target = addressOf(url);
    for (const link of this.#links) link.reset();
  }

  set(fault: Fault): void {
    this.#fault = fault;
    this.#strikes = 0;
    for (const link of this.#links) {
      if (fault.kind === 'refuse') link.reset();
      else link.wake();
    }
  }

  heal(): void {
    this.set(NONE);
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.reset();
    this.server.close();
    await once(this.server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#fault.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const link = new Link(
      client,
      connect(this.target),
      () => this.#fault,
      () => (this.#strikes += 1),
    );
    this.#links.add(link);
    link.ended.then(() => this.#links.delete(link));
  }
}

function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
}

/** A connection and its other half. */
class Link {
  readonly ended: Promise<void>;
  /** Both directions may wait for a fault to end. */
  readonly #waiting = new Set<() => void>();
  #replyBytes = 0;
  #isReplyLost = false;
  #isSwallowed = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly fault: () => Fault,
    private readonly struck: () => void,
  ) {
    this.ended = Promise.all([this.#carry(client, server), this.#carry(server, client)]).then(
      () => undefined,
    );
  }

  /** As a machine that has gone down and up answers: with RST, which no client takes for a short answer. */
  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
    this.wake();
  }

  /** Whoever waits for a fault to end looks again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const look of waiting) look();
  }

  async #carry(from: Socket, to: Socket): Promise<void> {
    const isReply = from === this.server;
    from.setNoDelay(true);
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#whileSilent();
        if (!(await this.#pass(chunk, to, isReply))) return;
      }
      to.end();
    } catch {
      this.reset();
    }
  }

  /** False when the connection ends here. */
  async #pass(chunk: Buffer, to: Socket, isReply: boolean): Promise<boolean> {
    const fault = this.fault();
    if (fault.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault.kind === 'answer' && !isReply && fault.random() < fault.share) {
      this.struck();
      this.client.end(fault.reply);
      this.server.destroy();
      return false;
    }
    if (fault.kind === 'swallow' && !isReply && !this.#isSwallowed) {
      this.#isSwallowed = fault.from.test(chunk.toString('latin1'));
      if (this.#isSwallowed) this.struck();
    }
    if (this.#isSwallowed) return true;
    if (fault.kind === 'lose-reply') {
      if (!isReply && fault.to.test(chunk.toString('latin1'))) this.#isReplyLost = true;
      if (isReply && this.#isReplyLost) return this.#strike();
    }
    if (fault.kind === 'cut' && isReply) {
      this.#replyBytes += chunk.byteLength;
      if (this.#replyBytes > fault.afterBytes) {
        await write(to, chunk.subarray(0, Math.max(0, fault.afterBytes)));
        return this.#strike();
      }
    }
    if (fault.kind === 'spoil' && isReply) {
      const spoilt = fault.spoil(chunk);
      if (spoilt !== undefined) {
        this.struck();
        await write(to, spoilt);
        if (fault.ends) to.end();
        return fault.ends !== true;
      }
    }
    const pieces = fault.kind === 'slices' && isReply ? slicesOf(chunk, fault.bytes) : [chunk];
    for (const piece of pieces) {
      await write(to, piece);
      if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  #strike(): false {
    this.struck();
    this.reset();
    return false;
  }

  async #whileSilent(): Promise<void> {
    while (this.fault().kind === 'silence' && !this.client.destroyed) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }
}

function slicesOf(chunk: Buffer, bytes: number): Buffer[] {
  return Array.from({ length: Math.ceil(chunk.byteLength / bytes) }, (_, at) =>
    chunk.subarray(at * bytes, (at + 1) * bytes),
  );
}

async function write(to: Socket, chunk: Buffer): Promise<void> {
  if (to.destroyed) throw new Error('the other half is gone');
  if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
}
