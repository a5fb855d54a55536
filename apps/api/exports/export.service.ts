import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  imageKey,
  notFound,
  publicId,
  requireUuid,
  type ExportQuery,
  type ItemResult,
} from '#contracts';
import { findJob, listResults, type JobRecord } from '#database';
import { EXPORT_FORMATS, exportJob, type ExportSource } from '#exports';
import { Slots } from '#intake';
import { viewItem, viewJob } from '../jobs/job-view.js';
import { API_PARTS, type ApiParts } from '../parts.js';

/** Items of one statement. */
const PAGE_ITEMS = 500;
/** Drawing takes a picture's pixels in memory, and packing takes a core. */
const MAX_EXPORTS = 4;

export interface OpenExport {
  readonly body: Readable;
  readonly fileName: string;
  readonly mediaType: string;
}

@Injectable()
export class ExportService {
  readonly #slots = new Slots(MAX_EXPORTS);

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /**
   * The caller reads or destroys the body. Errors: `job.not_found`; `job.running` without `partial`; `server.busy`.
   * What fails later ends the body with an error, so that nobody takes half of it for all.
   */
  async open(tenantId: string, id: string, query: ExportQuery): Promise<OpenExport> {
    const job = await findJob(this.parts.database, tenantId, requireUuid('job', id));
    if (job === undefined) throw notFound('job', id);
    if (job.finishedAt === null && query.partial === 'false') {
      throw new AppError(
        'job.running',
        'The job still runs. Wait for its end, or send `partial=true` for what has ended so far.',
      );
    }
    const format = EXPORT_FORMATS[query.format];
    const leave = this.#slots.enterNow();
    const bytes = exportJob(format, this.#source(tenantId, job));
    const body = Readable.from(bytes, { objectMode: false });
    body.once('close', leave);
    body.once('error', (error) => {
      this.parts.log.error({ job: job.id, format: format.name, error }, 'export failed');
    });
    const fileName = `${publicId('job', job.id)}-${format.name}.${format.extension}`;
    return { body, fileName, mediaType: format.mediaType };
  }

  #source(tenantId: string, job: JobRecord): ExportSource {
    return {
      job: viewJob(job),
      results: () => this.#results(job),
      picture: (item) => this.#picture(imageKey(tenantId, item.image.sha256)),
    };
  }

  /** Page by page: no connection is held while the client reads. */
  async *#results(job: JobRecord): AsyncGenerator<ItemResult> {
    for (let after: number | undefined; ;) {
      const items = await listResults(this.parts.database, job, { limit: PAGE_ITEMS, after });
      for (const item of items) yield viewItem(job.id, item);
      if (items.length < PAGE_ITEMS) return;
      after = items.at(-1)!.n;
    }
  }

  async #picture(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.parts.store.read(key, this.parts.config.limits.imageBytes);
    } catch (error) {
      if (error instanceof AppError && error.code === 'storage.not_found') return undefined;
      throw error;
    }
  }
}
