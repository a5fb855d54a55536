import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  AppError,
  notFound,
  publicId,
  requireUuid,
  type Correction,
  type correctionKeySchema,
  type CorrectionPage,
  type correctionQuerySchema,
  type PutCorrection,
} from '#contracts';
import {
  findJob,
  listCorrections,
  removeCorrection,
  saveCorrection,
  type CorrectionRecord,
  type JobRecord,
} from '#database';
import { trainingSuffix } from '#pipeline';
import { decodeCursor, toPage } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';

/** Item and task. */
const PLACE_CURSOR = /^\d{1,10}_\d{1,2}$/;
/** Lines of one statement. */
const PAGE_LINES = 500;

@Injectable()
export class CorrectionService {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: `job.not_found`, `correction.no_answer`. */
  async put(tenantId: string, id: string, order: PutCorrection): Promise<Correction> {
    const job = await this.#require(tenantId, id);
    const correction = { ...order, suffix: trainingSuffix(order) };
    const saved = await saveCorrection(this.parts.database, job, correction);
    if (saved !== undefined) return view(job.id, saved);
    throw new AppError(
      'correction.no_answer',
      `Item ${order.n} of this job has no answer to task ${order.task}: there is nothing to correct. \`answers\` in its result lists those that it has.`,
    );
  }

  /** Errors: `job.not_found`, `cursor.invalid`. */
  async list(
    tenantId: string,
    id: string,
    { limit, cursor, n }: z.output<typeof correctionQuerySchema>,
  ): Promise<CorrectionPage> {
    const place = decodeCursor(cursor, PLACE_CURSOR)?.split('_').map(Number);
    const job = await this.#require(tenantId, id);
    const after = place && { n: place[0]!, task: place[1]! };
    const rows = await listCorrections(this.parts.database, job, { limit: limit + 1, after, n });
    return toPage(
      rows,
      limit,
      (row) => `${row.n}_${row.task}`,
      (row) => view(job.id, row),
    );
  }

  /** Lines to train on, as JSONL, page by page. Errors: `job.not_found`. */
  async lines(tenantId: string, id: string): Promise<Readable> {
    const job = await this.#require(tenantId, id);
    return Readable.from(this.#lines(job), { objectMode: false });
  }

  /** Errors: `job.not_found`. */
  async remove(
    tenantId: string,
    id: string,
    key: z.output<typeof correctionKeySchema>,
  ): Promise<void> {
    const job = await this.#require(tenantId, id);
    await removeCorrection(this.parts.database, job.id, key);
  }

  async *#lines(job: JobRecord): AsyncGenerator<string> {
    for (let after: CorrectionRecord | undefined; ;) {
      const page = { limit: PAGE_LINES, after };
      const rows = await listCorrections(this.parts.database, job, page);
      for (const row of rows) yield `${JSON.stringify(lineOf(row))}\n`;
      if (rows.length < PAGE_LINES) return;
      after = rows.at(-1)!;
    }
  }

  async #require(tenantId: string, id: string): Promise<JobRecord> {
    const job = await findJob(this.parts.database, tenantId, requireUuid('job', id));
    if (job === undefined) throw notFound('job', id);
    return job;
  }
}

/** The end of a prompt is added when it is trained on, as it is when it is asked. */
const lineOf = ({ imageName, sha256, prompt, suffix }: CorrectionRecord): Correction['line'] => ({
  image: imageName,
  ...(sha256 !== null && { sha256 }),
  prefix: prompt.replace(/[\r\n]+$/, ''),
  suffix,
});

const view = (jobId: string, record: CorrectionRecord): Correction => ({
  object: 'correction',
  job: publicId('job', jobId),
  n: record.n,
  task: record.task,
  text: record.text,
  boxes: record.boxes === null ? null : [...record.boxes],
  line: lineOf(record),
  corrected_at: record.correctedAt.toISOString(),
});
