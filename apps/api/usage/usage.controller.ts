import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { usageSchema, type Usage } from '#contracts';
import { readOpenWork, readUsage } from '#database';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { API_PARTS, type ApiParts } from '../parts.js';

@ApiTags('Usage')
@Controller('v1/usage')
export class UsageController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Of the key's own tenant. */
  @Get()
  @ApiOperation({
    operationId: 'getUsage',
    summary: 'What is stored and what waits, and how much may',
  })
  @Answers(200, usageSchema, [])
  async get(@TenantId() tenantId: string): Promise<Usage> {
    const { database, config } = this.parts;
    const [stored, open] = await Promise.all([
      readUsage(database, tenantId),
      readOpenWork(database, tenantId),
    ]);
    const { quota } = config;
    return {
      object: 'usage',
      stored_bytes: { used: stored.bytes, limit: quota.storedBytes },
      images: { used: stored.images, limit: quota.images },
      image_sets: { used: stored.imageSets, limit: quota.imageSets },
      open_jobs: { used: open.jobs, limit: quota.openJobs },
      queued_items: { used: open.items, limit: quota.queuedItems },
    };
  }
}
