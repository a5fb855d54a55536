/**
 * The plain way: a Fastify route that writes each file of a multipart body to a file of its own. Nothing is
 * hashed, sniffed, weighed, recorded or put on disk for certain.
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import Fastify from 'fastify';

const folder = process.argv[2]!;
const bodyLimit = Number.MAX_SAFE_INTEGER;
const app = Fastify({ bodyLimit });
await app.register(multipart, {
  limits: { fileSize: bodyLimit, files: 1_000_000, parts: 1_000_000 },
});
let next = 0;
app.post('/files', async (request) => {
  let files = 0;
  let bytes = 0;
  for await (const part of request.parts()) {
    // The plugin keeps every part it has seen, which grows with the upload.
    delete part.fields[part.fieldname];
    if (part.type !== 'file') continue;
    const file = createWriteStream(join(folder, String(next++)));
    await pipeline(part.file, file);
    files += 1;
    bytes += file.bytesWritten;
  }
  return { files, bytes };
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ type: 'ready', url });
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
