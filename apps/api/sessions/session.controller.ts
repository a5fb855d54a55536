import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  createSessionSchema,
  SESSION_SECONDS,
  sessionSchema,
  type CreateSession,
  type Session,
} from '#contracts';
import { describeApiKey, endSession, saveSession } from '#database';
import { requireApiKey } from '../auth/auth.guard.js';
import { Identity, type RequestIdentity } from '../auth/identity.js';
import { NeedsReading, Public } from '../auth/public.js';
import { requireSameOrigin } from '../auth/same-origin.js';
import {
  hashSession,
  newSessionToken,
  readSessionToken,
  sessionCookie,
} from '../auth/session-cookie.js';
import { Answers } from '../openapi/decorators.js';
import { API_PARTS, type ApiParts } from '../parts.js';

/** How a browser signs in: a key becomes a cookie that scripts cannot read. */
@ApiTags('Sessions')
@Controller('v1')
export class SessionController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Post('sessions')
  @Public()
  @ApiOperation({
    operationId: 'createSession',
    summary: 'Sign a browser in: an API key becomes a session cookie',
    security: [],
  })
  @Answers(201, sessionSchema, [400, 401, 403])
  async create(
    @Body({ schema: createSessionSchema }) body: CreateSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    // Else another page could sign its visitor in as somebody else.
    requireSameOrigin(request);
    const { database } = this.parts;
    const key = await requireApiKey(database, body.api_key.trim());
    const token = newSessionToken();
    const session = { hash: hashSession(token), apiKeyId: key.id, seconds: SESSION_SECONDS };
    const expiresAt = await saveSession(database, session);
    void reply.header('set-cookie', sessionCookie(request, token, SESSION_SECONDS));
    return this.#view({ key, expiresAt });
  }

  @Get('session')
  @ApiOperation({ operationId: 'getSession', summary: 'Who asks, and what it may do' })
  @Answers(200, sessionSchema, [])
  get(@Identity() identity: RequestIdentity): Promise<Session> {
    return this.#view(identity);
  }

  @Delete('session')
  @HttpCode(204)
  @NeedsReading()
  @ApiOperation({ operationId: 'deleteSession', summary: 'Sign the browser out' })
  @ApiResponse({ status: 204, description: 'No Content' })
  async end(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const token = readSessionToken(request.headers.cookie);
    if (token === undefined) return;
    await endSession(this.parts.database, hashSession(token));
    void reply.header('set-cookie', sessionCookie(request, '', 0));
  }

  async #view({ key, expiresAt }: RequestIdentity): Promise<Session> {
    const { tenant, name, hint } = await describeApiKey(this.parts.database, key.id);
    return {
      object: 'session',
      tenant: { name: tenant },
      key: { name, hint },
      scopes: [...key.scopes],
      expires_at: expiresAt?.toISOString() ?? null,
    };
  }
}
