import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { context, trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry } from '../metrics.js';
import { traceIds } from './log-ids.js';
import { currentSpan, endSpan, inside, inSpan, startSpan } from './span.js';
import { startTracing, type TracingOptions } from './start-tracing.js';
import { currentTraceParent } from './trace-parent.js';

let server: Server;
let answer: (response: ServerResponse) => void;
let bodies: string[];

beforeEach(async () => {
  bodies = [];
  answer = (response) => response.end('{}');
  server = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk) => (body += chunk))
      .on('end', () => {
        bodies.push(body);
        answer(response);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  trace.disable();
  context.disable();
  server.closeAllConnections();
  server.close();
});

async function start(options: Partial<TracingOptions> | undefined) {
  const registry = createRegistry();
  let logged = '';
  const log = pino(
    { mixin: traceIds },
    new Writable({
      write: (line, _, done) => {
        logged += line;
        done();
      },
    }),
  );
  const { port } = server.address() as AddressInfo;
  const all: TracingOptions = {
    url: `http://127.0.0.1:${port}/v1/traces`,
    serviceName: undefined,
    resource: {},
    sampler: { name: 'always_on', ratio: 1 },
    ...options,
  };
  const tracing = await startTracing('test', options && all, { registry, log });
  const spans = async (outcome: string) =>
    Number(
      new RegExp(`pallet_trace_spans_total{outcome="${outcome}"} (\\d+)`).exec(
        await registry.metrics(),
      )?.[1],
    );
  return { tracing, log, spans, logged: () => logged };
}

describe('tracing', () => {
  it('is nothing at all when it is off', async () => {
    const { tracing, spans, log, logged } = await start(undefined);
    const said = await inSpan('work', {}, async (span) => {
      log.info('here');
      return [span.isRecording(), currentSpan().isRecording(), currentTraceParent()];
    });
    expect(said).toEqual([false, false, undefined]);
    expect(logged()).not.toContain('trace_id');
    await tracing.close(1_000);
    expect(bodies).toEqual([]);
    expect(await spans('sent')).toBeNaN();
  });

  it('posts spans as they are: whose they are, under what, and since when', async () => {
    const { tracing, spans, log, logged } = await start({
      resource: { 'deployment.name': 'here' },
    });
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const outer = startSpan('outer', { parent, kind: 'server', startMs: 1_700_000_000_000.25 });
    await inside(outer, async () => {
      await Promise.resolve();
      log.info('here');
      await inSpan('inner', { links: [parent, 'none', null] }, async () => undefined);
    });
    endSpan(outer);
    await tracing.close(5_000);
    expect(await spans('sent')).toBe(2);
    const [{ resource, scopeSpans }] = JSON.parse(bodies[0]!).resourceSpans;
    expect(JSON.stringify(resource)).toMatch(/"service.name".*"pallet-test"/);
    expect(JSON.stringify(resource)).toContain('"deployment.name"');
    const [inner, sent] = scopeSpans[0].spans;
    expect(sent).toMatchObject({ name: 'outer', parentSpanId: '00f067aa0ba902b7' });
    expect(String(sent.startTimeUnixNano)).toBe('1700000000000250000');
    expect(inner).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: sent.spanId,
    });
    expect(inner.links).toHaveLength(1);
    expect(JSON.parse(logged())).toMatchObject({ trace_id: sent.traceId, span_id: sent.spanId });
  });

  it('notes an error by its name alone, and throws it on', async () => {
    const { tracing } = await start({});
    const work = inSpan('work', {}, () => Promise.reject(new TypeError('the name of a customer')));
    await expect(work).rejects.toThrow('the name of a customer');
    await tracing.close(5_000);
    expect(bodies[0]).toContain('TypeError');
    expect(bodies[0]).not.toContain('customer');
  });

  it('waits for a collector that is silent no longer than it may', async () => {
    answer = () => undefined;
    const { tracing, spans } = await start({});
    // As many as go out at once: in the time that the end may take, a busy machine may not get so far.
    for (let n = 0; n < 512; n += 1) endSpan(startSpan('work'));
    await expect.poll(() => bodies).toHaveLength(1);
    const startedAt = performance.now();
    await tracing.close(300);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(bodies).toHaveLength(1);
    expect(await spans('sent')).toBe(0);
  });

  it('says once that a collector refuses, and counts what it did not take', async () => {
    answer = (response) => response.writeHead(400).end();
    const { tracing, spans, logged } = await start({});
    // Three requests: each is of 512 spans.
    for (let n = 0; n < 1_200; n += 1) endSpan(startSpan('work'));
    await tracing.close(5_000);
    expect(bodies).toHaveLength(3);
    expect(await spans('failed')).toBe(1_200);
    expect(logged().match(/does not take traces/g)).toHaveLength(1);
  });
});
