import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { autoscalingQuerySchema, type AutoscalingQuery, type AutoscalingSignal } from '#contracts';
import { readBacklog } from '#database';
import { decideReplicas } from '#scaling';
import { Internal } from '../auth/internal.js';
import { API_PARTS, type ApiParts } from '../parts.js';

/** How large a pool of workers shall be, for KEDA, an HPA, or whoever starts workers. */
@ApiExcludeController()
@Internal()
@Controller('internal/autoscaling')
export class AutoscalingController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Get(':pool')
  async get(
    @Param('pool') pool: string,
    @Query({ schema: autoscalingQuerySchema }) query: AutoscalingQuery,
  ): Promise<AutoscalingSignal> {
    const backlog = await readBacklog(this.parts.database, pool);
    const { value, replicas, reason } = decideReplicas(
      { pool, ...backlog },
      { minReplicas: query.min, maxReplicas: query.max, targetSeconds: query.target_seconds },
    );
    return {
      object: 'autoscaling_signal',
      pool,
      value,
      outstanding: {
        items: backlog.outstandingItems,
        accelerator_seconds: backlog.outstandingSeconds,
      },
      in_flight: { items: backlog.inFlightItems, accelerator_seconds: backlog.inFlightSeconds },
      seconds_per_answer: backlog.taskMs === null ? null : backlog.taskMs / 1000,
      oldest_wait_seconds: backlog.oldestWaitSeconds,
      workers: backlog.workers,
      desired_replicas: replicas,
      reason,
    };
  }
}
