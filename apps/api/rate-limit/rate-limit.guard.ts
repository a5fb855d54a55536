import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#contracts';
import { API_PARTS, type ApiParts } from '../parts.js';
import { RequestBudget } from './request-budget.js';

const WINDOW_SECONDS = 60;

/**
 * Counts the requests of each API key and says what is left, in the headers of the IETF's draft
 * (draft-ietf-httpapi-ratelimit-headers). Behind the guard that knows the key; each process counts by itself.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  readonly #budget: RequestBudget;
  readonly #policy: string;

  constructor(@Inject(API_PARTS) parts: ApiParts) {
    const { requestsPerMinute } = parts.config;
    this.#budget = new RequestBudget(requestsPerMinute, WINDOW_SECONDS * 1_000);
    this.#policy = `"key";q=${requestsPerMinute};w=${WINDOW_SECONDS}`;
  }

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const [, key] =
      /^Bearer +(\S+)/i.exec(http.getRequest<FastifyRequest>().headers.authorization ?? '') ?? [];
    if (key === undefined) return true;
    const { remaining, resetSeconds, isSpent } = this.#budget.take(key);
    const reply = http.getResponse<FastifyReply>();
    void reply.header('ratelimit-policy', this.#policy);
    void reply.header('ratelimit', `"key";r=${remaining};t=${resetSeconds}`);
    if (!isSpent) return true;
    throw new AppError(
      'rate.limited',
      `This API key has sent its requests of this minute. Go on in ${resetSeconds} s; an ETag, \`Prefer: wait\` or /v1/events asks less often. RATE_LIMIT_PER_MINUTE of the api sets the limit.`,
      { retryable: true, context: { retry_after: resetSeconds } },
    );
  }
}
