import { AppError, notFound, publicId, type UploadReport } from '#contracts';
import { findImageSet } from '#database';
import {
  cleanFileName,
  ImageIntake,
  isArchive,
  limitOfFile,
  readArchive,
  RefusedFileError,
  spool,
  type Refusal,
  type SpooledFile,
} from '#intake';
import type { ApiParts } from '../parts.js';
import { UploadTally } from './upload-report.js';

/** One upload into a set, file by file: what the intake holds at any moment, and one file being read. */
export class Upload {
  readonly #tally = new UploadTally();
  readonly #intake: ImageIntake;

  constructor(
    private readonly parts: ApiParts,
    private readonly tenantId: string,
    private readonly setId: string,
  ) {
    const { quota, limits } = parts.config;
    const { imagesPerSet } = limits;
    this.#intake = new ImageIntake(
      parts,
      { tenantId, setId, imagesPerSet, quota },
      {
        recorded: (files, rows) => this.#tally.addRecorded(files, rows),
      },
    );
  }

  /** Takes a file of the body: an image, an archive of images, or something to refuse. */
  async add(clientName: string | undefined, source: AsyncIterable<Uint8Array>): Promise<void> {
    const name = cleanFileName(clientName);
    let file: SpooledFile;
    try {
      file = await spool(source, limitOfFile(this.parts.config.limits), { drain: true });
    } catch (error) {
      if (error instanceof RefusedFileError) return this.#refuse(name, error.refusal);
      throw error;
    }
    if (isArchive(file.head)) await this.#addArchive(name, file);
    else await this.#addImage(name, file);
  }

  /** Records what is left and tells what became of every file. */
  async finish(): Promise<UploadReport> {
    await this.#intake.flush();
    const set = await findImageSet(this.parts.database, this.tenantId, this.setId);
    if (set === undefined) throw notFound('set', publicId('set', this.setId));
    return this.#tally.report(set);
  }

  /** Waits for what is still on its way; after an error nothing of it is recorded. */
  async close(): Promise<void> {
    await this.#intake.close();
  }

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
    const refused = await this.#intake.take({ name }, file);
    if (refused !== undefined) this.#tally.addRefused(name, refused);
  }

  async #refuse(name: string, refused: Refusal): Promise<void> {
    this.#tally.addRefused(name, refused);
    await this.#intake.refuse(name, refused);
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
