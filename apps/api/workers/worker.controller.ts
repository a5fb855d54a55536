import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AppError,
  notFound,
  pageQuerySchema,
  publicId,
  requireUuid,
  workerPageSchema,
  workerSchema,
  type PageQuery,
  type Worker,
} from '#contracts';
import { listWorkers, requestDrain, type WorkerRecord } from '#database';
import { Operates } from '../auth/operates.js';
import { Answers } from '../openapi/decorators.js';
import { decodeCursor, toPage, UUID_CURSOR, type Page } from '../page/page.js';
import { API_PARTS, type ApiParts } from '../parts.js';

/** Workers serve all tenants, so no tenant is told of them. */
@ApiTags('Operate')
@Operates()
@Controller('v1/operate/workers')
export class WorkerController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Get()
  @ApiOperation({ operationId: 'listWorkers', summary: 'Workers and what they do, newest first' })
  @Answers(200, workerPageSchema, [400, 403])
  async list(
    @Query({ schema: pageQuerySchema }) { limit, cursor }: PageQuery,
  ): Promise<Page<Worker>> {
    const page = { limit: limit + 1, before: decodeCursor(cursor, UUID_CURSOR) };
    const workers = await listWorkers(this.parts.database, page);
    return toPage(workers, limit, ({ id }) => id, viewWorker);
  }

  /** As SIGTERM does it: what it has begun is finished or given back. */
  @Post(':id/drain')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'drainWorker',
    summary: 'Ask a worker to end: it takes nothing new, and gives back what it cannot finish',
  })
  @Answers(202, workerSchema, [403, 404, 409])
  async drain(@Param('id') id: string): Promise<Worker> {
    const worker = await requestDrain(this.parts.database, requireUuid('worker', id));
    if (worker === undefined) throw notFound('worker', id);
    if (worker.state !== 'lost') return viewWorker(worker);
    throw new AppError(
      'worker.lost',
      'This worker was not heard of for 15 seconds; others do what it held. There is nothing to drain.',
    );
  }
}

const viewWorker = (worker: WorkerRecord): Worker => ({
  object: 'worker',
  id: publicId('worker', worker.id),
  pool: worker.model,
  host: worker.host,
  pid: worker.pid,
  state: worker.state,
  started_at: worker.startedAt.toISOString(),
  seen_at: worker.seenAt.toISOString(),
  drain_requested_at: worker.drainRequestedAt?.toISOString() ?? null,
  report: worker.report,
});
