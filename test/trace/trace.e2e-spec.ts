import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';
import { importKnown, orderBatch, uploadInParts } from './order-work.js';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.js';
import { outline, spanTree, type SpanNode } from './span-tree.js';
import { traceOneImage, tracedEnvironment } from './trace-one-image.js';

let receiver: OtlpReceiver;
let system: System;
beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  system = await System.start({ itemMs: 20, env: tracedEnvironment(receiver) });
});
afterAll(async () => {
  await system?.stop();
  receiver?.close();
});

const worker = () => [...system.workers][0]!;

/** Clocks of processes of one machine, each of which knows the time to a millisecond. */
const CLOCKS_MS = 2;

const CLIENT = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const STAGES = ['claim', 'recall', 'fetch', 'decode', 'encode', 'generate', 'commit'];
const OUTLINE_OF_JOB = [
  'POST /v1/jobs',
  '  queue',
  '  feed',
  '  shard',
  ...STAGES.map((stage) => `    ${stage}`),
  '  webhook',
];

/** Spans of an upload in parts, an import and a batch, that end what is below the requests; and those. */
const COUNTS_OF_ORDERS = {
  'POST /v1/image-sets/:id/uploads': 1,
  'POST /v1/image-sets/:id/imports': 1,
  'POST /v1/batches': 1,
  import: 1,
  batch: 2,
  feed: 1,
  shard: 1,
};

/** What a process has logged, line by line. */
const logOf = (name: string): Record<string, unknown>[] =>
  readFileSync(join(system.directory, `${name}.log`), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Queue and feed begin at the same moment, by two clocks. */
const sorted = (lines: readonly string[]): string[] => lines.toSorted();

function find(nodes: readonly SpanNode[], name: string): SpanNode {
  for (const node of nodes) {
    if (node.span.name === name) return node;
    const below = node.children.length > 0 ? findOrNone(node.children, name) : undefined;
    if (below !== undefined) return below;
  }
  throw new Error(`there is no span ${name}`);
}
function findOrNone(nodes: readonly SpanNode[], name: string): SpanNode | undefined {
  try {
    return find(nodes, name);
  } catch {
    return undefined;
  }
}

describe('a trace', () => {
  it('has every step of a picture from its upload to the webhook, once, under what caused it', async () => {
    const traceparent = `00-${CLIENT.trace}-${CLIENT.span}-01`;
    const { traceId, told } = await traceOneImage(system, receiver, traceparent);
    expect(traceId).toBe(CLIENT.trace);
    const nodes = spanTree(receiver.spans, traceId);
    expect(sorted(outline(nodes))).toEqual(
      sorted(['POST /v1/image-sets', 'POST /v1/image-sets/:id/images', ...OUTLINE_OF_JOB]),
    );
    for (const { span } of nodes) expect(span.parentSpanId).toBe(CLIENT.span);
    const serviceOf = (name: string) => find(nodes, name).span.service;
    expect(['POST /v1/jobs', 'shard', 'generate', 'webhook'].map(serviceOf)).toEqual([
      'pallet-api',
      'pallet-worker',
      'pallet-worker',
      'pallet-dispatcher',
    ]);
    expect(told['traceparent']).toBe(`00-${traceId}-${find(nodes, 'webhook').span.spanId}-01`);
  });

  it('has times that fit: stages one after the other within their shard, and the job before its webhook', () => {
    const nodes = spanTree(receiver.spans, CLIENT.trace);
    const { span: shard, children } = find(nodes, 'shard');
    expect(children.map(({ span }) => span.name)).toEqual(STAGES);
    let before = shard.startMs;
    for (const { span } of children) {
      expect(span.startMs).toBeGreaterThanOrEqual(before - CLOCKS_MS);
      expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
      expect(span.endMs).toBeLessThanOrEqual(shard.endMs + CLOCKS_MS);
      before = span.endMs;
    }
    // The engine took 20 ms, in another process.
    const generate = find(nodes, 'generate').span;
    expect(generate.endMs - generate.startMs).toBeGreaterThanOrEqual(19);
    const order = ['POST /v1/image-sets', 'POST /v1/image-sets/:id/images', 'POST /v1/jobs'];
    const begins = [...order, 'queue', 'shard', 'webhook'].map((n) => find(nodes, n).span.startMs);
    for (const [at, begin] of begins.slice(1).entries()) {
      expect(begin).toBeGreaterThanOrEqual(begins[at]! - CLOCKS_MS);
    }
    const queue = find(nodes, 'queue').span;
    expect(queue.endMs).toBeLessThanOrEqual(shard.startMs + CLOCKS_MS);
    expect(find(nodes, 'webhook').span.startMs).toBeGreaterThanOrEqual(
      find(nodes, 'commit').span.startMs,
    );
  });

  it('is found by the log lines of every process, and finds them', async () => {
    const spans = new Map(receiver.spans.map((span) => [span.spanId, span]));
    const nameOfLines = (process: string) =>
      logOf(process)
        .filter((line) => line['trace_id'] === CLIENT.trace)
        .map((line) => [line['msg'], spans.get(String(line['span_id']))?.name]);
    // Lines and spans come on two ways: whoever has heard of a span may not have its line yet.
    await expect
      .poll(() => nameOfLines('api'))
      .toEqual(
        expect.arrayContaining([
          ['request answered', 'POST /v1/image-sets/:id/images'],
          ['request answered', 'POST /v1/jobs'],
        ]),
      );
    await expect.poll(() => nameOfLines('worker')).toEqual([['shard ended', 'shard']]);
    await expect.poll(() => nameOfLines('dispatcher')).toEqual([['webhook attempt', 'webhook']]);
    const job = receiver.spans.find(({ name }) => name === 'shard')!.attributes['pallet.job'];
    const [ended] = logOf('worker').filter((line) => line['msg'] === 'shard ended');
    expect(ended).toMatchObject({ job, shard: expect.stringMatching(/^\d+$/) });
  });

  it('has nothing that a client has called, asked or sent', () => {
    expect(receiver.spans.length).toBeGreaterThan(10);
    expect(JSON.stringify(receiver.spans)).not.toMatch(/traced|scene|dog|car\b|127\.0\.0\.1/);
  });

  it('begins with the request when the client has none, and points to the upload', async () => {
    const { traceId, told } = await traceOneImage(system, receiver, '');
    const nodes = spanTree(receiver.spans, traceId);
    expect(sorted(outline(nodes))).toEqual(sorted(OUTLINE_OF_JOB));
    expect(nodes[0]!.span.parentSpanId).toBe('');
    const [link] = find(nodes, 'shard').span.links;
    const upload = receiver.spans.find(({ traceId: t, spanId: s }) => `${t}-${s}` === link);
    expect(upload).toMatchObject({ name: 'POST /v1/image-sets/:id/images', parentSpanId: '' });
    expect(told['traceparent']).toContain(traceId);
  });

  it('has as many spans as shards and commits need, not as images do', async () => {
    const client = new TestClient(system.url, system.apiKey);
    const set = await client.createSet('many');
    await client.upload(
      set.id,
      Array.from({ length: 600 }, (_, n) => tinyImage(n)),
    );
    const job = await client.createJob(set.id, [{ type: 'ocr' }], { cache: false });
    await client.finished(job.id, 60_000);
    const ofJob = (spans: readonly ReceivedSpan[]) =>
      spans.filter(({ attributes }) => attributes['pallet.job'] === job.id);
    const itemsOf = (spans: readonly ReceivedSpan[], name: string) =>
      spans
        .filter((span) => span.name === name && span.traceId === ofJob(spans)[0]?.traceId)
        .reduce((sum, { attributes }) => sum + Number(attributes['pallet.items']), 0);
    await receiver.until((spans) => itemsOf(spans, 'shard') === 600, 60_000);
    for (const stage of STAGES.slice(2)) expect(itemsOf(receiver.spans, stage)).toBe(600);
    const { traceId } = ofJob(receiver.spans)[0]!;
    const all = receiver.spans.filter((span) => span.traceId === traceId);
    const shards = all.filter(({ name }) => name === 'shard').length;
    const commits = all.filter(({ name }) => name === 'commit').length;
    // The request; of each shard a feed at most, queue, shard, claim, recall; of each commit its five stages.
    expect(all.length).toBeLessThanOrEqual(1 + 5 * shards + 5 * commits);
    expect(all.length).toBeLessThan(200);
  });

  it('goes on with what is ordered and done later: parts, imports, batches and the jobs of batches', async () => {
    const traceId = '7'.repeat(32);
    const headers = { traceparent: `00-${traceId}-${CLIENT.span}-01` };
    const client = new TestClient(system.url, system.apiKey, headers);
    const [first, second] = [await client.createSet('parts'), await client.createSet('again')];
    await uploadInParts(system, client, first);
    const named = (name: string) => (span: ReceivedSpan) =>
      span.traceId === traceId && span.name === name;
    await receiver.until((spans) => spans.some(named('assemble')), 60_000);
    await importKnown(system, headers, second);
    await orderBatch(client);
    const count = (spans: readonly ReceivedSpan[], name: string) =>
      spans.filter(named(name)).length;
    // Those of each process come when that process sends them: the requests may be told of last.
    await receiver.until(
      (spans) =>
        Object.entries(COUNTS_OF_ORDERS).every(([name, times]) => count(spans, name) === times),
      60_000,
    );
    const nodes = spanTree(receiver.spans, traceId);
    const below = (name: string) => find(nodes, name).children.map(({ span }) => span.name);
    expect(below('POST /v1/image-sets/:id/uploads')).toEqual(['assemble']);
    expect(below('POST /v1/image-sets/:id/imports')).toEqual(['import']);
    expect(below('POST /v1/batches')).toEqual(['batch', 'batch']);
    expect(below('batch')).toEqual(expect.arrayContaining(['feed', 'queue', 'shard']));
    const dispatched = [...receiver.spans.filter(named('import')), find(nodes, 'assemble').span];
    expect(dispatched.map(({ service }) => service)).toEqual(
      dispatched.map(() => 'pallet-dispatcher'),
    );
  });

  it('is not kept when the client says so', async () => {
    const seen = receiver.spans.length;
    const client = new TestClient(system.url, system.apiKey, {
      traceparent: `00-${'5'.repeat(32)}-${'6'.repeat(16)}-00`,
    });
    const set = await client.createSet('unseen');
    await client.upload(set.id, [tinyImage(0)]);
    const job = await client.createJob(set.id, [{ type: 'ocr' }], { cache: false });
    await client.finished(job.id, 60_000);
    // What comes after it is there, so it would be too.
    await traceOneImage(system, receiver, '');
    expect(receiver.spans.length).toBeGreaterThan(seen);
    expect(receiver.spans.filter(({ traceId }) => traceId === '5'.repeat(32))).toEqual([]);
    const lines = logOf('worker').filter((line) => line['trace_id'] === '5'.repeat(32));
    expect(lines.map((line) => line['msg'])).toEqual(['shard ended']);
  });

  it('costs nobody anything when the collector is silent: jobs go on, and processes end in time', async () => {
    receiver.isHanging = true;
    const client = new TestClient(system.url, system.apiKey);
    const set = await client.createSet('silent');
    await client.upload(
      set.id,
      Array.from({ length: 50 }, (_, n) => tinyImage(n)),
    );
    const job = await client.createJob(set.id, [{ type: 'ocr' }], { cache: false });
    expect(await client.finished(job.id, 60_000)).toMatchObject({ outcome: 'succeeded' });
    const startedAt = performance.now();
    const ends = await Promise.all(
      [worker(), system.dispatcher, system.api].map((process) => process.stop(20_000)),
    );
    for (const end of ends) expect(end).toMatchObject({ code: 0, signal: null });
    // Half of the five seconds that are for closing connections, on a machine in use.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
