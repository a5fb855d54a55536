import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface ProcessHealth {
  /** `starting`, `ready`, `busy`, `draining`, `unhealthy`. */
  readonly status: string;
  /** False: a restart would help. Never because a database or a queue is away. */
  readonly isLive: boolean;
  /** False: it does not do its work yet, or no longer. */
  readonly isReady: boolean;
}

export interface HealthPortOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly registry: Registry;
  readonly health: () => ProcessHealth;
}

export interface HealthPort {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `/health/live`, `/health/ready` and `/metrics` of this process on a port of their own, which no client of Pallet
 * reaches: figures are of all tenants together. Errors: those of listening, such as a port that is taken.
 */
export async function openHealthPort(options: HealthPortOptions): Promise<HealthPort> {
  const server = createServer((request, response) => {
    void answer(options, request.method, request.url, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  // Probes must not keep a process that wants to end.
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://${options.host}:${port}`, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  { registry, health }: HealthPortOptions,
  method: string | undefined,
  url: string | undefined,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'GET is what there is\n');
  const path = url?.split('?', 1)[0];
  if (path === '/metrics') {
    // One figure that cannot be had, of a database that is away, must not take the others with it: see collectors.
    const text = await registry.metrics().catch(() => undefined);
    if (text === undefined) return send(response, 503, 'metrics cannot be had now\n');
    return send(response, 200, text, registry.contentType);
  }
  const { status, isLive, isReady } = health();
  if (path === '/health/live') return sendStatus(response, isLive, status);
  if (path === '/health/ready') return sendStatus(response, isReady, status);
  send(response, 404, 'there are /health/live, /health/ready and /metrics\n');
}

const sendStatus = (response: ServerResponse, isWell: boolean, status: string): void =>
  send(response, isWell ? 200 : 503, `${JSON.stringify({ status })}\n`, 'application/json');

function send(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}
