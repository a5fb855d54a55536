import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

interface Told {
  readonly type: string;
  readonly data: { readonly id: string; readonly outcome: string };
}

/**
 * Somebody else's system that is told how jobs end. It fails now and then, as those do; and it holds every request
 * against its signature.
 */
export class Receiver {
  /** Ids of events, by the job that they are about. */
  readonly eventsOf = new Map<string, Set<string>>();
  readonly faults: string[] = [];
  /** Of each tenant's webhook, by its path. */
  readonly secrets = new Map<string, string>();
  readonly #missed = new Set<string>();
  readonly #server;

  constructor(random: () => number) {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        const headers = request.headers as Record<string, string>;
        const id = headers['webhook-id']!;
        // Each event once at most: the second pause is minutes long.
        const isHeard = this.#missed.has(id) || random() > 0.3;
        if (isHeard) this.#hear(request.url!, body, headers);
        else this.#missed.add(id);
        response.writeHead(isHeard ? 204 : 409).end();
      });
    });
  }

  async start(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #hear(path: string, body: string, headers: Record<string, string>): void {
    try {
      const { data } = new Webhook(this.secrets.get(path)!).verify(body, headers) as Told;
      const ids = this.eventsOf.get(data.id) ?? new Set();
      this.eventsOf.set(data.id, ids.add(headers['webhook-id']!));
    } catch (error) {
      this.faults.push(`an event whose signature is wrong: ${String(error)}`);
    }
  }
}
