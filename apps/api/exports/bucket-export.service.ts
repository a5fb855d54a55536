import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  newUuid,
  notFound,
  publicId,
  requireUuid,
  type CreateExport,
  type Export,
  type ExportPage,
  type PageQuery,
} from '#contracts';
import {
  cancelExport,
  countUnfinishedExports,
  createExport,
  findExport,
  findJob,
  listExports,
  type ExportOrder,
  type ExportRecord,
  type JobRecord,
} from '#database';
import { bucketDestination, objectUri, openImageGuard } from '#intake';
import type { OutgoingGuard } from '#outgoing';
import { SecretBox } from '#secrets';
import { decodeCursor, toPage, UUID_CURSOR } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { exportFileName, requireEnded } from './export-of-job.js';
import { viewExport } from './export-view.js';

/** Exports of a tenant that have not ended; each is work for a dispatcher. */
const MOST_UNFINISHED = 32;

@Injectable()
export class BucketExportService {
  readonly #guard: OutgoingGuard;
  readonly #secrets: SecretBox;

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {
    this.#guard = openImageGuard(parts.config.outgoingAllow);
    this.#secrets = new SecretBox(parts.config.secretsKey);
  }

  /**
   * Errors: `job.not_found`, `job.running`, `bucket.bad_uri`, `outgoing.*`, `secrets.no_key`, `export.too_many`,
   * `export.in_progress`.
   */
  async create(tenantId: string, job: string, order: CreateExport): Promise<Export> {
    const record = await this.#findJob(tenantId, job);
    requireEnded(record, order.partial);
    const planned = this.#plan(tenantId, record, order);
    return this.parts.database.transaction(async (tx) => {
      const made = await createExport(tx, planned);
      if (made === undefined) throw inProgress(planned.object);
      // After it is there: those of one tenant are counted one after the other.
      if ((await countUnfinishedExports(tx, tenantId)) > MOST_UNFINISHED) throw tooMany();
      return viewExport(made);
    });
  }

  async get(tenantId: string, id: string): Promise<Export> {
    return viewExport(await this.#find(tenantId, requireUuid('export', id)));
  }

  async list(tenantId: string, job: string, { limit, cursor }: PageQuery): Promise<ExportPage> {
    const before = decodeCursor(cursor, UUID_CURSOR);
    const { id } = await this.#findJob(tenantId, job);
    const exports = await listExports(this.parts.database, id, { limit: limit + 1, before });
    return toPage(exports, limit, (one) => one.id, viewExport);
  }

  /** Errors: `export.not_found`, `export.ended`. */
  async cancel(tenantId: string, id: string): Promise<Export> {
    const record = await this.#find(tenantId, requireUuid('export', id));
    const hasEnded = !(await cancelExport(this.parts.database, record.id));
    const now = await this.#find(tenantId, record.id);
    if (hasEnded && now.state !== 'cancelled') {
      throw new AppError('export.ended', 'The export has ended; there is nothing to cancel.');
    }
    return viewExport(now);
  }

  #plan(tenantId: string, job: JobRecord, order: CreateExport): ExportOrder {
    const { format, partial, destination, region, endpoint = null } = order;
    const object = objectUri(bucketDestination(destination, exportFileName(job.id, format)));
    if (endpoint !== null) this.#guard.checkUrl(endpoint);
    const id = newUuid();
    const credentials = JSON.stringify({
      accessKeyId: order.access_key_id,
      secretAccessKey: order.secret_access_key,
      sessionToken: order.session_token,
    });
    const sealed = this.#secrets.seal(credentials, `export ${id}`);
    return {
      id,
      tenantId,
      jobId: job.id,
      format,
      partial,
      object,
      itemsTotal: job.itemCount,
      bucket: { region, endpoint, credentials: sealed },
    };
  }

  async #findJob(tenantId: string, id: string): Promise<JobRecord> {
    const job = await findJob(this.parts.database, tenantId, requireUuid('job', id));
    if (job === undefined) throw notFound('job', id);
    return job;
  }

  async #find(tenantId: string, id: string): Promise<ExportRecord> {
    const record = await findExport(this.parts.database, tenantId, id);
    if (record === undefined) throw notFound('export', publicId('export', id));
    return record;
  }
}

const inProgress = (object: string): AppError =>
  new AppError(
    'export.in_progress',
    `An export to ${object} has not ended. Wait for it, cancel it, or name another object.`,
  );

const tooMany = (): AppError =>
  new AppError(
    'export.too_many',
    `There are ${MOST_UNFINISHED} exports that have not ended. Wait for one, or cancel one.`,
  );
