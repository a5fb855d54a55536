import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import type { ExportFormatName } from '#contracts';
import type { ExportSource } from './export-format.js';
import { EXPORT_FORMATS, exportJob } from './export-job.js';

export async function bytesOf(parts: AsyncIterable<string | Uint8Array>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(Buffer.from(part));
  return Buffer.concat(all);
}

export const exported = (name: ExportFormatName, source: ExportSource): Promise<Buffer> =>
  bytesOf(exportJob(EXPORT_FORMATS[name], source));

/** Path to content, in the archive's order. yauzl checks names, sizes and checksums on the way. */
export async function unzip(archive: Buffer): Promise<Map<string, Buffer>> {
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    fromBuffer(archive, { lazyEntries: true, strictFileNames: true }, (error, file) =>
      error ? reject(error) : resolve(file),
    ),
  );
  const files = new Map<string, Buffer>();
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject).on('end', () => resolve());
    zip.on('entry', (entry: Entry) => {
      readEntry(zip, entry).then((content) => {
        files.set(entry.fileName, content);
        zip.readEntry();
      }, reject);
    });
    zip.readEntry();
  });
  return files;
}

function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    zip.openReadStream(entry, (error, stream) =>
      error ? reject(error) : resolve(bytesOf(stream as AsyncIterable<Buffer>)),
    ),
  );
}

export async function filesOf(
  name: ExportFormatName,
  source: ExportSource,
): Promise<Record<string, string>> {
  const files = await unzip(await exported(name, source));
  return Object.fromEntries([...files].map(([path, content]) => [path, content.toString('utf8')]));
}
