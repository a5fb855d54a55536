/**
 * How fast do imports bring images? Rows that name what was sent before, and rows with URLs of a server beside it,
 * each from the first byte of the manifest to the end of the import.
 *
 * `BENCH_ROWS=100000 BENCH_URLS=10000 npm run bench -- imports`. Predictions and figures: test/bench/README.md.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Import } from '#contracts';
import { TestClient } from '../../rig/client.js';
import { System } from '../../rig/system.js';
import { tinyImage } from '../../rig/tiny-image.js';

const ROWS = Number(process.env['BENCH_ROWS'] ?? 100_000);
const URLS = Number(process.env['BENCH_URLS'] ?? 10_000);
const LOOK_MS = 50;

const server = createServer((request, response) =>
  response.end(tinyImage(Number(request.url?.slice(1))).bytes),
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const env = { LOG_LEVEL: 'warn', OUTGOING_ALLOW: '127.0.0.0/8' };
const system = await System.start({ isDirect: true, workers: 0, env });
try {
  const client = new TestClient(system.url, system.apiKey);
  const known = tinyImage(-1);
  await client.upload((await client.createSet('known')).id, [known]);
  const sha256 = createHash('sha256').update(known.bytes).digest('hex');
  const named = await importRows(client, ROWS, (n) => ({ sha256, custom_id: `id ${n}` }));
  const fetched = await importRows(client, URLS, (n) => ({ url: `${origin}/${n}` }));
  console.log(
    JSON.stringify({
      bench: 'imports',
      rows: [ROWS, URLS],
      sha256_rows_per_s: named.perSecond,
      sha256_received_per_s: named.receivedPerSecond,
      url_rows_per_s: fetched.perSecond,
    }),
  );
} finally {
  await system.stop();
  server.closeAllConnections();
  server.close();
}

async function importRows(client: TestClient, rows: number, lineOf: (n: number) => object) {
  const { id: set } = await client.createSet('bench');
  const started = performance.now();
  const response = await fetch(`${system.url}/v1/image-sets/${set}/imports`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${system.apiKey}`,
      'content-type': 'application/jsonl',
    },
    body: new Blob(Array.from({ length: rows }, (_, n) => `${JSON.stringify(lineOf(n))}\n`)),
  });
  if (!response.ok) throw new Error(await response.text());
  let now = (await response.json()) as Import;
  const received = performance.now();
  while (now.finished_at === null) {
    await pause(LOOK_MS);
    now = await client.request<Import>('GET', `/v1/imports/${now.id}`);
  }
  const { accepted } = now.row_counts;
  if (accepted !== rows) throw new Error(`${accepted} of ${rows} rows: ${JSON.stringify(now)}`);
  const perSecond = (until: number) => Math.round((rows * 1_000) / (until - started));
  return { perSecond: perSecond(performance.now()), receivedPerSecond: perSecond(received) };
}
