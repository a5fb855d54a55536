/**
 * The plain way: a Fastify route that writes each file of a multipart body to a file of its own. Nothing is
 * hashed, sniffed, weighed or recorded. With `?durable=1` the files of a request, and their folder, are put on disk
 * for certain before it is answered, as ours are.
 */
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import Fastify from 'fastify';

const folder = process.argv[2]!;
/** As many as the api stores at once for one request. */
const SYNCS = 8;
const bodyLimit = Number.MAX_SAFE_INTEGER;
const app = Fastify({ bodyLimit });
await app.register(multipart, {
  limits: { fileSize: bodyLimit, files: 1_000_000, parts: 1_000_000 },
});
let next = 0;
app.post<{ Querystring: { durable?: string } }>('/files', async (request) => {
  const written: string[] = [];
  let files = 0;
  let bytes = 0;
  for await (const part of request.parts()) {
    // The plugin keeps every part it has seen, which grows with the upload.
    delete part.fields[part.fieldname];
    if (part.type !== 'file') continue;
    const path = join(folder, String(next++));
    const file = createWriteStream(path);
    await pipeline(part.file, file);
    files += 1;
    bytes += file.bytesWritten;
    written.push(path);
  }
  if (request.query.durable === '1') await syncAll(written);
  return { files, bytes };
});

async function syncAll(paths: readonly string[]): Promise<void> {
  const rest = paths.values();
  const lane = async (): Promise<void> => {
    for (const path of rest) await sync(path);
  };
  await Promise.all(Array.from({ length: SYNCS }, lane));
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync();
  await handle.close();
}

const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ type: 'ready', url });
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
