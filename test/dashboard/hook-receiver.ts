import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a receiver of webhooks got it. */
export interface Hook {
  readonly id: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface HookAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Somebody's own server on this machine, which answers what a test wants it to. */
export class HookReceiver {
  readonly got: Hook[] = [];
  answer: HookAnswer = { status: 204 };

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<HookReceiver> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const headers = request.headers as Record<string, string>;
        const body = Buffer.concat(parts).toString();
        const path = request.url ?? '';
        receiver.got.push({ id: headers['webhook-id'] ?? '', path, headers, body });
        const { status, headers: more, body: said } = receiver.answer;
        response.writeHead(status, more).end(said);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const receiver = new HookReceiver(server, `http://127.0.0.1:${port}/hook`);
    return receiver;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
