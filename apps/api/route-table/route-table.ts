import type { FastifyInstance } from 'fastify';

/** A route as the router knows it: `GET`, `/v1/jobs/:id`. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

const tables = new WeakMap<FastifyInstance['server'], Route[]>();

/**
 * Keeps a list of the routes that are registered from now on. The API's description names what is meant to
 * be public; this is what is there.
 */
export function collectRoutes(instance: FastifyInstance): void {
  const routes: Route[] = [];
  tables.set(instance.server, routes);
  instance.addHook('onRoute', ({ method, url }) => {
    for (const verb of [method].flat()) routes.push({ method: verb, path: url });
  });
}

/** Every route of the server, in the order of registration. */
export const routesOf = (server: FastifyInstance['server']): readonly Route[] =>
  tables.get(server) ?? [];
