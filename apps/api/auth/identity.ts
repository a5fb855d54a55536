import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ApiKey } from '#database';

/** The key behind a request, and the end of the session that stands for it, if one does. */
export interface RequestIdentity {
  readonly key: ApiKey;
  readonly expiresAt: Date | null;
}

const identities = new WeakMap<FastifyRequest, RequestIdentity>();

export function setIdentity(request: FastifyRequest, identity: RequestIdentity): void {
  identities.set(request, identity);
}

export const Identity = createParamDecorator(
  (_: unknown, context: ExecutionContext): RequestIdentity => {
    const identity = identities.get(context.switchToHttp().getRequest<FastifyRequest>());
    if (identity === undefined) throw new Error('This route asks who it is but needs no key.');
    return identity;
  },
);
