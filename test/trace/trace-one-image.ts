import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Task } from '#contracts';
import { TestClient } from '../rig/client.js';
import { REPOSITORY } from '../rig/repository.js';
import type { System } from '../rig/system.js';
import type { OtlpReceiver } from './otlp-receiver.js';

const SCENE = 'examples/scenes';
const ARRIVES_MS = 60_000;
/** Each is the last of its request, its lease, its delivery; the feed may end after the request that asked for it. */
const LAST_SPANS = ['POST /v1/jobs', 'feed', 'shard', 'webhook'];

/** Of a system whose traces go to `receiver`, and which may call us. */
export const tracedEnvironment = (receiver: OtlpReceiver): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  OUTGOING_ALLOW: '127.0.0.0/8',
  LOG_LEVEL: 'debug',
});

export interface TracedImage {
  readonly traceId: string;
  readonly jobId: string;
  /** Headers of the request that told of the job's end. */
  readonly told: IncomingHttpHeaders;
}

/**
 * Does as a client that traces: one picture is uploaded, asked about and told of, all under one `traceparent`. Resolves
 * when the receiver has all spans of that.
 */
export async function traceOneImage(
  system: System,
  receiver: OtlpReceiver,
  traceparent = newTraceParent(),
): Promise<TracedImage> {
  const headers: Record<string, string> = traceparent === '' ? {} : { traceparent };
  const client = new TestClient(system.url, system.apiKey, headers);
  const hook = await openWebhook();
  try {
    const set = await client.createSet('traced');
    const bytes = await readFile(join(REPOSITORY, SCENE, 'scene-1.jpg'));
    await client.upload(set.id, [{ name: 'scene-1.jpg', bytes }]);
    const tasks: Task[] = [{ type: 'detect', labels: ['dog', 'car'] }];
    const webhook = { url: hook.url };
    const job = await client.createJob(set.id, tasks, { webhook, cache: false });
    const told = await hook.told;
    const isOfJob = (span: { attributes: object }) =>
      (span.attributes as Record<string, unknown>)['pallet.job'] === job.id;
    await receiver.until((spans) => {
      const traceId = spans.find(isOfJob)?.traceId;
      const names = new Set(spans.filter((s) => s.traceId === traceId).map(({ name }) => name));
      return LAST_SPANS.every((name) => names.has(name));
    }, ARRIVES_MS);
    const { traceId } = receiver.spans.find(isOfJob)!;
    return { traceId, jobId: job.id, told };
  } finally {
    hook.close();
  }
}

/** Of a client that begins a trace, and has it kept. */
const newTraceParent = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

async function openWebhook() {
  let arrived: (headers: IncomingHttpHeaders) => void = () => undefined;
  const told = new Promise<IncomingHttpHeaders>((resolve) => {
    arrived = resolve;
  });
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(204).end();
      arrived(request.headers);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/`, told, close };
}
