import { once } from 'node:events';
import { get } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as lasting } from 'node:timers/promises';

/** So often each endpoint is asked whether it is ready, in milliseconds. */
const PROBE_MS = 100;

interface Endpoint {
  readonly url: string;
  isReady: boolean;
  /** Nobody stands there any more. */
  isGone: boolean;
}

/**
 * What a Service of Kubernetes is: a connection goes to one of the endpoints that said they were ready when they were
 * last asked, in turn, and stays there. Nothing is tried twice, and nothing is cut when an endpoint is not ready any more.
 */
export class Balancer {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #open = new Set<Socket>();
  #next = 0;
  readonly #probing = new Set<Promise<void>>();

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => this.#accept(client));
  }

  static async start(): Promise<Balancer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the endpoint has said that it is ready, and gets connections. */
  async add(url: string): Promise<void> {
    const endpoint = { url, isReady: false, isGone: false };
    this.#endpoints.set(url, endpoint);
    const probing = probe(endpoint);
    this.#probing.add(probing);
    void probing.then(() => this.#probing.delete(probing));
    while (!endpoint.isReady) await lasting(20);
  }

  /** Its process is gone; it was not ready for long before, or connections have been lost. */
  remove(url: string): void {
    this.#endpoints.get(url)!.isGone = true;
    this.#endpoints.delete(url);
  }

  async stop(): Promise<void> {
    for (const url of this.#endpoints.keys()) this.remove(url);
    await Promise.all(this.#probing);
    for (const socket of this.#open) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #accept(client: Socket): void {
    const ready = [...this.#endpoints.values()].filter((endpoint) => endpoint.isReady);
    const endpoint = ready[this.#next++ % Math.max(1, ready.length)];
    if (endpoint === undefined) return void client.resetAndDestroy();
    const { hostname, port } = new URL(endpoint.url);
    const server = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(from);
      from.setNoDelay(true);
      from.pipe(to);
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => {
        this.#open.delete(from);
        to.destroySoon();
      });
    }
  }
}

/** Each by itself, as a kubelet does: one that is slow to answer must not keep another in use that has said it leaves. */
async function probe(endpoint: Endpoint): Promise<void> {
  while (!endpoint.isGone) {
    endpoint.isReady = await saysReady(endpoint.url);
    await lasting(PROBE_MS);
  }
}

function saysReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${url}/health/ready`, { agent: false, timeout: 3_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
    request.on('timeout', () => request.destroy());
  });
}
