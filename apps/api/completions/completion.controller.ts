import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { TenantId } from '../auth/tenant-id.js';
import { Answers } from '../openapi/decorators.js';
import { CompletionService } from './completion.service.js';

/** What OpenAI's own description says in full; docs/openai.md says which of it is taken. */
const chatCompletionSchema = z
  .looseObject({ id: z.string(), object: z.literal('chat.completion') })
  .meta({ id: 'ChatCompletion' });
const responseSchema = z
  .looseObject({ id: z.string(), object: z.literal('response') })
  .meta({ id: 'OpenAiResponse' });
const body = { schema: { type: 'object' as const, required: ['model'] } };

@ApiTags('Batches')
@Controller('v1')
export class CompletionController {
  constructor(private readonly completions: CompletionService) {}

  @Post('chat/completions')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'createChatCompletion',
    summary: 'Ask about one picture as OpenAI has it, and wait for the answer',
  })
  @ApiBody(body)
  @Answers(200, chatCompletionSchema, [400, 404, 413, 422])
  chat(@TenantId() tenantId: string, @Body() asked: unknown, @Req() request: FastifyRequest) {
    return this.completions.chat(tenantId, asked, request);
  }

  @Post('responses')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'createResponse',
    summary: 'The same, as a response of OpenAI’s',
  })
  @ApiBody(body)
  @Answers(200, responseSchema, [400, 404, 413, 422])
  respond(@TenantId() tenantId: string, @Body() asked: unknown, @Req() request: FastifyRequest) {
    return this.completions.respond(tenantId, asked, request);
  }
}
