import { applyDecorators, Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  jobSchema,
  movedJobsSchema,
  moveJobsSchema,
  type Job,
  type MovedJobs,
  type MoveJobs,
} from '#contracts';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { JobMoveService } from './job-move.service.js';

const One = (move: string, summary: string): MethodDecorator =>
  applyDecorators(
    Post(`:id/${move}`),
    HttpCode(202),
    ApiOperation({ operationId: `${move}Job`, summary }),
    Answers(202, jobSchema, move === 'cancel' ? [404] : [404, 409]),
  );

const Many = (move: string): MethodDecorator =>
  applyDecorators(
    Post(move),
    HttpCode(202),
    ApiOperation({
      operationId: `${move}Jobs`,
      summary: `The same as ${move} of one job for all that a filter names, up to a limit`,
    }),
    Answers(202, movedJobsSchema, [400]),
  );

@ApiTags('Jobs')
@Controller('v1/jobs')
export class JobMoveController {
  constructor(private readonly jobs: JobMoveService) {}

  @One('cancel', 'Cancel a job; what has ended keeps its results')
  cancel(@TenantId() tenantId: string, @Param('id') id: string): Promise<Job> {
    return this.jobs.move(tenantId, id, 'cancel');
  }

  @One('pause', 'Pause a job: nothing of it is begun until it is resumed')
  pause(@TenantId() tenantId: string, @Param('id') id: string): Promise<Job> {
    return this.jobs.move(tenantId, id, 'pause');
  }

  @One('resume', 'Let a paused job go on')
  resume(@TenantId() tenantId: string, @Param('id') id: string): Promise<Job> {
    return this.jobs.move(tenantId, id, 'resume');
  }

  @Many('cancel')
  cancelMany(
    @TenantId() tenantId: string,
    @Body({ schema: moveJobsSchema }) body: MoveJobs,
  ): Promise<MovedJobs> {
    return this.jobs.moveMany(tenantId, body, 'cancel');
  }

  @Many('pause')
  pauseMany(
    @TenantId() tenantId: string,
    @Body({ schema: moveJobsSchema }) body: MoveJobs,
  ): Promise<MovedJobs> {
    return this.jobs.moveMany(tenantId, body, 'pause');
  }

  @Many('resume')
  resumeMany(
    @TenantId() tenantId: string,
    @Body({ schema: moveJobsSchema }) body: MoveJobs,
  ): Promise<MovedJobs> {
    return this.jobs.moveMany(tenantId, body, 'resume');
  }
}
