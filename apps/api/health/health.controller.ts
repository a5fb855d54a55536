import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { readinessSchema, type Readiness } from '#contracts';
import { Public } from '../auth/public.js';
import { Answers } from '../openapi/decorators.js';
import { API_PARTS, type ApiParts } from '../parts.js';

const PATIENCE_MS = 2_000;

type Check = Readiness['checks'][string];

const NO_ROOM: Check = { ok: false, detail: 'has no room for writes' };

@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Asks nothing else: a database that is away must not restart every api. */
  @Get('live')
  @ApiOperation({ operationId: 'getLiveness', summary: 'The process answers', security: [] })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /**
   * Without the queue requests still succeed; work only waits. A database without room still answers whoever reads, so
   * it takes no api out of service: each write is refused for itself.
   */
  @Get('ready')
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'What requests need is there',
    security: [],
  })
  @Answers(200, readinessSchema, [])
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const { database, store, queue, departure } = this.parts;
    const [databaseCheck, storageCheck, queueCheck] = await Promise.all([
      probe(() => database.check()),
      probe(() => store.check()),
      probe(() => queue.check()),
    ]);
    // An api that is about to end still answers, but is to get no more connections.
    const isAvailable = databaseCheck.ok && storageCheck.ok && !departure?.hasBegun;
    const writeCheck = databaseCheck.ok && database.isFull ? NO_ROOM : databaseCheck;
    const isWhole = writeCheck.ok && queueCheck.ok;
    void reply.status(isAvailable ? 200 : 503);
    return {
      status: !isAvailable ? 'unavailable' : isWhole ? 'ready' : 'degraded',
      checks: { database: writeCheck, storage: storageCheck, queue: queueCheck },
    };
  }
}

async function probe(check: () => Promise<unknown>): Promise<Check> {
  const late = sleep(PATIENCE_MS, 'late' as const, { ref: false });
  const answer = check().then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  const outcome = await Promise.race([answer, late]);
  if (outcome === 'ok') return { ok: true };
  // Anyone may ask for readiness, so addresses and error texts stay in the log.
  return { ok: false, detail: outcome === 'late' ? 'does not answer' : 'answers with an error' };
}
