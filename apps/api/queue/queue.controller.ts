import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { queueSchema, type Queue } from '#contracts';
import { countInFlight, readWaiting } from '#database';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { API_PARTS, type ApiParts } from '../parts.js';
import { viewWaiting } from './waiting-view.js';

/** Models times priorities of one tenant. */
const MOST_GROUPS = 1_000;

@ApiTags('Queue')
@Controller('v1/queue')
export class QueueController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Of the key's own tenant; others do not show, not even in sums. */
  @Get()
  @ApiOperation({ operationId: 'getQueue', summary: 'What of your own jobs waits, and since when' })
  @Answers(200, queueSchema, [])
  async get(@TenantId() tenantId: string): Promise<Queue> {
    const { database } = this.parts;
    const [waiting, inFlight] = await Promise.all([
      readWaiting(database, tenantId, MOST_GROUPS),
      countInFlight(database, tenantId),
    ]);
    return { object: 'queue', waiting: waiting.map(viewWaiting), in_flight_items: inFlight };
  }
}
