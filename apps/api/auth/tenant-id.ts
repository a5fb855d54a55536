import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const tenants = new WeakMap<FastifyRequest, string>();

export function setTenant(request: FastifyRequest, tenantId: string): void {
  tenants.set(request, tenantId);
}

/** The tenant of the request's key; nothing that the client writes can name another. */
export const TenantId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const tenantId = tenants.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (tenantId === undefined) throw new Error('This route asks for a tenant but needs no key.');
  return tenantId;
});

/** The same on a route that a signature opens too: undefined when one did. */
export const MaybeTenantId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined =>
    tenants.get(context.switchToHttp().getRequest<FastifyRequest>()),
);
