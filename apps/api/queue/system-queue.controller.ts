import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  publicId,
  seriesQuerySchema,
  seriesSchema,
  systemQueueSchema,
  type Pool,
  type Series,
  type SeriesQuery,
  type SystemQueue,
} from '#contracts';
import { listOpenPools, readBacklog, readSeries, readWaiting } from '#database';
import { Operates } from '../auth/operates.js';
import { Answers } from '../openapi/decorators.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { SPAN_POINTS, viewSeries } from './series-view.js';
import { viewWaiting } from './waiting-view.js';

/** Groups that are shown; what they leave out is in the figures of the pools. */
const MOST_GROUPS = 200;

/** Figures of all tenants together. */
@ApiTags('Operate')
@Operates()
@Controller('v1/operate')
export class SystemQueueController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Get('queue')
  @ApiOperation({
    operationId: 'getSystemQueue',
    summary: 'What waits in the whole system: by pool, and by tenant and priority',
  })
  @Answers(200, systemQueueSchema, [403])
  async queue(): Promise<SystemQueue> {
    const { database } = this.parts;
    const names = await listOpenPools(database);
    const pools: Pool[] = [];
    for (const name of names) pools.push(await this.#pool(name));
    const waiting = await readWaiting(database, undefined, MOST_GROUPS + 1);
    return {
      object: 'system_queue',
      pools,
      waiting: waiting.slice(0, MOST_GROUPS).map((record) => ({
        tenant: { id: publicId('tenant', record.tenantId), name: record.tenantName },
        ...viewWaiting(record),
      })),
      has_more: waiting.length > MOST_GROUPS,
    };
  }

  @Get('series')
  @ApiOperation({
    operationId: 'getSeries',
    summary: 'How the system did over the last 15 minutes, hour or day',
  })
  @Answers(200, seriesSchema, [400, 403])
  async series(@Query({ schema: seriesQuerySchema }) { span, pool }: SeriesQuery): Promise<Series> {
    const points = await readSeries(this.parts.database, SPAN_POINTS[span], pool);
    return viewSeries(span, pool ?? null, points);
  }

  async #pool(name: string): Promise<Pool> {
    const backlog = await readBacklog(this.parts.database, name);
    return {
      pool: name,
      items: backlog.outstandingItems,
      accelerator_seconds: backlog.outstandingSeconds,
      in_flight_items: backlog.inFlightItems,
      oldest_wait_seconds: backlog.oldestWaitSeconds,
      workers: backlog.workers,
    };
  }
}
