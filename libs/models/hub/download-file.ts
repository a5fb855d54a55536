import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { Hash } from 'node:crypto';
import { AppError } from '#contracts';
import { unreachable, type HubConnection } from './hub-connection.js';
import { hashFor, sizeOf, type RemoteFile } from './remote-file.js';
import { retrying } from './retry.js';

/** What is not whole yet carries it. */
export const UNFINISHED = '.part';

/**
 * Fetches a file to `target`, which appears when it is whole and its checksum is right; going on where an earlier try
 * ended, whether of this process or of one before. `onBytes` is told of every byte, also of those that were there.
 * The library's own download is not used: it neither goes on nor compares checksums.
 * Errors: `hub.checksum_mismatch`, `hub.bad_answer`, those of `HubConnection`.
 */
export async function downloadFile(
  connection: HubConnection,
  file: RemoteFile,
  target: string,
  onBytes: (bytes: number, isFetched: boolean) => void,
): Promise<void> {
  if ((await sizeOf(target)) === file.bytes) return onBytes(file.bytes, false);
  const part = `${target}${UNFINISHED}`;
  const handle = await open(part, 'a');
  let content: Content;
  try {
    content = await Content.open(handle, part, file, connection.options.signal);
    onBytes(content.bytes, false);
    await fetchRest(connection, file, content, onBytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (content.hash.digest('hex') !== file.checksum) {
    await rm(part);
    throw new AppError(
      'hub.checksum_mismatch',
      `${file.path} arrived with another content than the Hub describes; it was removed. Try again, and look at the proxy or the disk if it happens twice.`,
      { context: { path: file.path } },
    );
  }
  await rename(part, target);
}

async function fetchRest(
  connection: HubConnection,
  file: RemoteFile,
  content: Content,
  onBytes: (bytes: number, isFetched: boolean) => void,
): Promise<void> {
  let before = content.bytes;
  const attempt = async (): Promise<void> => {
    before = content.bytes;
    if (content.bytes === file.bytes) return;
    const response = await connection.get(file.address, { range: `bytes=${content.bytes}-` });
    const skip = await startOf(response, content.bytes);
    await append(response, content, file, skip, (bytes) => onBytes(bytes, true));
  };
  const hasProgressed = (): boolean => content.bytes > before;
  await retrying(attempt, { ...connection.options, hasProgressed });
}

/** How many bytes of the answer are here already: a server may send the whole file whatever was asked for. */
async function startOf(response: Response, wanted: number): Promise<number> {
  if (response.status === 200) return wanted;
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  if (response.status === 206 && Number(range?.[1]) === wanted) return 0;
  await response.body?.cancel();
  throw new AppError(
    'hub.bad_answer',
    `${new URL(response.url).host} sent another part of the file than was asked for.`,
  );
}

async function append(
  response: Response,
  content: Content,
  file: RemoteFile,
  skip: number,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const address = new URL(response.url);
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  let toSkip = skip;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw unreachable(address, cause);
      });
      if (done) break;
      const fresh = value.subarray(Math.min(toSkip, value.length));
      toSkip -= value.length - fresh.length;
      if (content.bytes + fresh.length > file.bytes) {
        throw new AppError('hub.bad_answer', `${file.path} is longer than the Hub describes.`);
      }
      await content.write(fresh);
      onBytes(fresh.length);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (content.bytes < file.bytes) throw unreachable(address, new Error('it ended early'));
}

/** The bytes so far, on the disk and in the hash. */
class Content {
  private constructor(
    readonly hash: Hash,
    private readonly handle: FileHandle,
    public bytes: number,
  ) {}

  static async open(
    handle: FileHandle,
    path: string,
    file: RemoteFile,
    signal: AbortSignal | undefined,
  ): Promise<Content> {
    const { size } = await handle.stat();
    const hash = hashFor(file);
    if (size > file.bytes) {
      await handle.truncate(0);
      return new Content(hash, handle, 0);
    }
    for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) {
      signal?.throwIfAborted();
      hash.update(block as Buffer);
    }
    return new Content(hash, handle, size);
  }

  async write(block: Uint8Array): Promise<void> {
    await this.handle.appendFile(block);
    this.hash.update(block);
    this.bytes += block.length;
  }
}
