import { AppError, notFound, publicId, type UploadReport } from '#contracts';
import { findImageSet, recordFiles, type AcceptedFile } from '#database';
import type { ApiParts } from '../parts.js';
import { isZip, readArchive } from './archive.js';
import { cleanFileName } from './file-name.js';
import { storeImage } from './image-store.js';
import { imageTooLarge, judgeImage, refusal, type Refusal } from './refusal.js';
import { Slots } from './slots.js';
import { RefusedFileError, spool, type LimitOf, type SpooledFile } from './spool.js';
import { UploadTally } from './upload-report.js';

/** Rows of one transaction; nothing is acknowledged before its row is there. */
const CHUNK = 500;
/** Files on their way into the object store at once, per upload. */
const STORES = 8;

interface Stored {
  readonly file: AcceptedFile;
  readonly done: Promise<void>;
}

/**
 * One upload into a set, file by file. At any moment it holds one file being read, `STORES` being stored
 * and the names of a chunk, however many files come.
 */
export class Upload {
  readonly #tally = new UploadTally();
  readonly #slots = new Slots(STORES);
  readonly #running = new Set<Promise<void>>();
  #stored: Stored[] = [];
  #refused: { name: string; code: string; detail: string }[] = [];

  constructor(
    private readonly parts: ApiParts,
    private readonly tenantId: string,
    private readonly setId: string,
  ) {}

  /** Takes a file of the body: an image, an archive of images, or something to refuse. */
  async add(clientName: string | undefined, source: AsyncIterable<Uint8Array>): Promise<void> {
    const name = cleanFileName(clientName);
    let file: SpooledFile;
    try {
      file = await spool(source, this.#limitOf, { drain: true });
    } catch (error) {
      if (error instanceof RefusedFileError) return this.#refuse(name, error.refusal);
      throw error;
    }
    if (isZip(file.head)) await this.#addArchive(name, file);
    else await this.#addImage(name, file);
  }

  /** Records what is left and tells what became of every file. */
  async finish(): Promise<UploadReport> {
    await this.#flush();
    const set = await findImageSet(this.parts.database, this.tenantId, this.setId);
    if (set === undefined) throw notFound('set', publicId('set', this.setId));
    return this.#tally.report(set);
  }

  /** Waits for what is still on its way; after an error nothing of it is recorded. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  readonly #limitOf: LimitOf = (head) => {
    const { imageBytes, zipBytes } = this.parts.config.limits;
    if (!isZip(head)) return { bytes: imageBytes, refusal: imageTooLarge(imageBytes) };
    const detail = `The archive has more than ${zipBytes} bytes. Send several smaller ones.`;
    return { bytes: zipBytes, refusal: refusal('zip.too_large', detail) };
  };

  async #addArchive(name: string, archive: SpooledFile): Promise<void> {
    try {
      for await (const found of readArchive(archive, name, this.parts.config.limits)) {
        if ('file' in found) await this.#addImage(found.name, found.file);
        else await this.#refuse(found.name, found.refused);
      }
    } finally {
      await archive.dispose();
    }
  }

  async #addImage(name: string, file: SpooledFile): Promise<void> {
    const judged = judgeImage(file.head);
    if ('refused' in judged) {
      await file.dispose();
      return this.#refuse(name, judged.refused);
    }
    const leave = await this.#slots.enter();
    const { bytes, sha256 } = file;
    const done = this.#store(file, leave);
    this.#stored.push({ file: { name, sha256, bytes, format: judged.format }, done });
    await this.#flushIfFull();
  }

  #store(file: SpooledFile, leave: () => void): Promise<void> {
    const done = storeImage(this.parts, this.tenantId, file).finally(async () => {
      leave();
      await file.dispose();
    });
    this.#running.add(done);
    // Its failure is thrown at the next flush; until then it must not end the process.
    done.catch(() => undefined).finally(() => this.#running.delete(done));
    return done;
  }

  async #refuse(name: string, { code, detail }: Refusal): Promise<void> {
    this.#tally.addRefused(name, { code, detail });
    this.#refused.push({ name, code, detail });
    await this.#flushIfFull();
  }

  async #flushIfFull(): Promise<void> {
    if (this.#stored.length + this.#refused.length >= CHUNK) await this.#flush();
  }

  async #flush(): Promise<void> {
    const stored = this.#stored;
    const refused = this.#refused;
    this.#stored = [];
    this.#refused = [];
    if (stored.length + refused.length === 0) return;
    await Promise.all(stored.map(({ done }) => done));
    const accepted = stored.map(({ file }) => file);
    const { imagesPerSet } = this.parts.config.limits;
    const target = { tenantId: this.tenantId, setId: this.setId, imagesPerSet };
    const recorded = await this.parts.database.transaction((tx) =>
      recordFiles(tx, target, { accepted, refused }),
    );
    this.#tally.addRecorded(accepted, recorded.accepted);
  }
}

/** Errors: `set.not_found`, `set.sealed`: told before a byte of the body is read. */
export async function requireOpenSet(
  parts: ApiParts,
  tenantId: string,
  setId: string,
): Promise<void> {
  const set = await findImageSet(parts.database, tenantId, setId);
  if (set === undefined) throw notFound('set', publicId('set', setId));
  if (set.state === 'sealed') {
    throw new AppError('set.sealed', 'The set is sealed: create another one for more images.');
  }
}
