import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers with the status that the delivery gets. */
export type HandleWebhook = (received: ReceivedWebhook) => Promise<number>;

const MOST_BYTES = 8 * 2 ** 20;
const PATH = '/webhook';

/** A receiver on this machine, for development. */
export class Receiver {
  readonly #server: Server;

  private constructor(handle: HandleWebhook) {
    this.#server = createServer((request, response) => void answer(request, response, handle));
  }

  /** `port` 0 takes a free one. Errors: those of listening. */
  static async start(port: number, handle: HandleWebhook): Promise<Receiver> {
    const receiver = new Receiver(handle);
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${PATH}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: HandleWebhook,
): Promise<void> {
  const status = await statusFor(request, handle).catch(() => 500);
  response.writeHead(status, { connection: 'close' }).end();
}

async function statusFor(request: IncomingMessage, handle: HandleWebhook): Promise<number> {
  if (request.method !== 'POST' || request.url !== PATH) return 404;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return 413;
    chunks.push(chunk);
  }
  return handle({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
}
