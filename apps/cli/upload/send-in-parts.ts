import { createHash, randomUUID } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Upload } from '#contracts';
import { ApiProblem } from '../client/api-problem.js';
import type { UploadClient } from '../client/upload-client.js';
import type { ImageFile } from './image-file.js';

export interface PartsOrder {
  readonly setId: string;
  readonly file: ImageFile;
  readonly sha256: string;
  /** Of an earlier run, which it may go on from. */
  readonly uploadId: string | undefined;
  /** Called when there is an id to go on from later. */
  readonly onBegun: (id: string) => Promise<void>;
}

export interface PartsOptions {
  /** Parts in flight at once; each is in memory. */
  readonly parallel?: number;
  /** Of every part but the last; default: the server's choice. */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
  /** Bytes that the server has, more than before. */
  readonly onBytes?: (bytes: number) => void;
}

const PARALLEL = 4;
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 2_000;
/** Rounds of sending what was damaged on the way. */
const ROUNDS = 3;

type Counts = NonNullable<Upload['counts']>;

/**
 * Sends a large file in parts, only those that the server has not, and waits until images were made of it.
 * Errors: those of the client; the upload's own error when it failed; `cli.unreadable_file`.
 */
export async function sendInParts(
  client: UploadClient,
  order: PartsOrder,
  options: PartsOptions = {},
): Promise<Counts> {
  const handle = await open(order.file.path).catch((cause: unknown) => {
    throw new AppError('cli.unreadable_file', `${order.file.path} cannot be read.`, { cause });
  });
  try {
    let upload = (await goOn(client, order, options)) ?? (await begin(client, order, options));
    for (let round = 1; ; round += 1) {
      if (upload.state === 'open') {
        await sendMissing(client, upload, handle, options);
        upload = await client.complete(upload.id, options);
      }
      upload = await untilAssembled(client, upload, options);
      if (upload.state === 'done' && upload.counts !== null) return upload.counts;
      if (upload.state !== 'open' || round >= ROUNDS) throw endOf(upload);
    }
  } finally {
    await handle.close();
  }
}

/** The upload of an earlier run, if it can still be gone on with. */
async function goOn(
  client: UploadClient,
  { uploadId, file, sha256 }: PartsOrder,
  options: PartsOptions,
): Promise<Upload | undefined> {
  if (uploadId === undefined) return undefined;
  const upload = await client.get(uploadId, options).catch((error: unknown) => {
    if (error instanceof ApiProblem && error.problem.status === 404) return undefined;
    throw error;
  });
  if (upload === undefined || upload.bytes !== file.bytes || upload.sha256 !== sha256) {
    return undefined;
  }
  return ['open', 'assembling', 'done'].includes(upload.state) ? upload : undefined;
}

async function begin(
  client: UploadClient,
  { setId, file, sha256, onBegun }: PartsOrder,
  { signal, partBytes }: PartsOptions,
): Promise<Upload> {
  const order = { name: file.name, bytes: file.bytes, sha256, part_bytes: partBytes };
  const upload = await client.create(setId, order, { signal, idempotencyKey: randomUUID() });
  await onBegun(upload.id);
  return upload;
}

async function sendMissing(
  client: UploadClient,
  upload: Upload,
  handle: FileHandle,
  options: PartsOptions,
): Promise<void> {
  const { data } = await client.listParts(upload.id, options);
  const there = new Set(data.map(({ n }) => n));
  options.onBytes?.(data.reduce((sum, { bytes }) => sum + bytes, 0));
  const missing = Array.from({ length: upload.part_count }, (_, n) => n).filter(
    (n) => !there.has(n),
  );
  // One part that fails for good ends the others: what they would still send is of no use now.
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  const sender = new PartSender(client, upload, handle, signal);
  const lane = async (): Promise<void> => {
    for (let n = missing.shift(); n !== undefined; n = missing.shift()) {
      options.onBytes?.(await sender.send(n));
    }
  };
  const lanes = Array.from({ length: options.parallel ?? PARALLEL }, () => lane());
  try {
    await Promise.all(lanes);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(lanes);
    throw error;
  }
}

class PartSender {
  /** Until the bucket turns out to be out of our reach. */
  #direct = true;

  constructor(
    private readonly client: UploadClient,
    private readonly upload: Upload,
    private readonly handle: FileHandle,
    private readonly signal: AbortSignal,
  ) {}

  /** Output: bytes of the part. */
  async send(n: number): Promise<number> {
    const { client, upload, signal } = this;
    const bytes = await readPart(this.handle, upload, n);
    const part = { n, md5: createHash('md5').update(bytes).digest('base64') };
    const direct = this.#direct;
    const target = await client.urlOf(upload.id, part, { direct, signal });
    try {
      await client.put(target, bytes, { signal });
    } catch (error) {
      const isElsewhere = /^https?:/.test(target.url);
      const isAway = error instanceof AppError && error.code === 'cli.part_unreachable';
      if (!direct || !isElsewhere || !isAway) throw error;
      this.#direct = false;
      return this.send(n);
    }
    return bytes.byteLength;
  }
}

async function readPart(handle: FileHandle, upload: Upload, n: number): Promise<Buffer> {
  const start = n * upload.part_bytes;
  const buffer = Buffer.allocUnsafe(Math.min(upload.part_bytes, upload.bytes - start));
  for (let at = 0; at < buffer.byteLength;) {
    const { bytesRead } = await handle.read(buffer, at, buffer.byteLength - at, start + at);
    if (bytesRead === 0) {
      throw new AppError('cli.file_changed', `${upload.name} became shorter while it was sent.`);
    }
    at += bytesRead;
  }
  return buffer;
}

async function untilAssembled(
  client: UploadClient,
  begun: Upload,
  { signal }: PartsOptions,
): Promise<Upload> {
  let upload = begun;
  for (
    let ms = FIRST_LOOK_MS;
    upload.state === 'assembling';
    ms = Math.min(ms * 1.5, LAST_LOOK_MS)
  ) {
    await sleep(ms, undefined, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
    upload = await client.get(upload.id, { signal });
  }
  return upload;
}

const endOf = (upload: Upload): AppError =>
  new AppError(
    upload.error?.code ?? 'cli.upload_ended',
    `${upload.name}: ${upload.error?.detail ?? `the upload ${upload.id} is ${upload.state}.`}`,
  );
