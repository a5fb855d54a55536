import { Controller, Get, Headers, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TenantId } from '../auth/tenant-id.js';
import { AnswersEvents } from '../openapi/decorators.js';
import { EventService } from './event.service.js';
import type { EventStream } from './event-stream.js';

const LastEventId = () =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The last id that came; what has changed after it is told first',
    schema: { type: 'string' },
  });

@ApiTags('Events')
@Controller('v1')
export class EventController {
  constructor(private readonly events: EventService) {}

  @Get('events')
  @ApiOperation({
    operationId: 'followEvents',
    summary: 'Follow all jobs, image sets and fine-tuning jobs as server-sent events',
    description:
      'Each event is named for an object and holds its newest form; several changes in a row may be one event. `models` tells who serves what.',
  })
  @LastEventId()
  @AnswersEvents([400, 429])
  async all(
    @TenantId() tenantId: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(request, reply, await this.events.openAll(tenantId, lastEventId));
  }

  @Get('jobs/:id/events')
  @ApiOperation({
    operationId: 'followJob',
    summary: 'Follow a job as server-sent events, until it has ended',
    description: 'The first event is the job as it is; the stream ends with the one that ends it.',
  })
  @LastEventId()
  @AnswersEvents([400, 404, 429])
  @ApiResponse({ status: 204, description: 'The job has ended, and its end was told' })
  async job(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(request, reply, await this.events.openJob(tenantId, id, lastEventId));
  }
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  stream: EventStream | undefined,
): Promise<void> {
  if (stream === undefined) {
    await reply.status(204).send();
    return;
  }
  void reply.header('content-type', 'text/event-stream; charset=utf-8');
  // Or nginx collects events before it passes them on.
  void reply.header('x-accel-buffering', 'no');
  if (request.method === 'HEAD') {
    stream.destroy();
    await reply.send('');
    return;
  }
  await reply.send(stream);
}
