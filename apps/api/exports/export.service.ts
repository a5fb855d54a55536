import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { notFound, requireUuid, type ExportQuery } from '#contracts';
import { findJob } from '#database';
import { EXPORT_FORMATS, exportJob } from '#exports';
import { Slots } from '#intake';
import { jobExportSource } from '#results';
import { API_PARTS, type ApiParts } from '../parts.js';
import { exportFileName, requireEnded } from './export-of-job.js';

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
    requireEnded(job, query.partial === 'true');
    const format = EXPORT_FORMATS[query.format];
    const leave = this.#slots.enterNow();
    const { database, store, config } = this.parts;
    const parts = { database, store, imageBytes: config.limits.imageBytes };
    const bytes = exportJob(format, jobExportSource(parts, tenantId, job));
    const body = Readable.from(bytes, { objectMode: false });
    body.once('close', leave);
    body.once('error', (error) => {
      this.parts.log.error({ job: job.id, format: format.name, error }, 'export failed');
    });
    const fileName = exportFileName(job.id, format.name);
    return { body, fileName, mediaType: format.mediaType };
  }
}
