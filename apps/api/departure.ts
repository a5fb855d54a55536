import type { FastifyInstance } from 'fastify';

/**
 * The end of an api as its clients see it. Balancers learn of it by asking (readiness), clients by `Connection: close`
 * on the answer that they get, which makes them connect anew, elsewhere; whoever still comes is served. So when it
 * closes, hardly a connection is left, and none that a request is about to take.
 */
export class Departure {
  #hasBegun = false;

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(): void {
    this.#hasBegun = true;
  }

  /** On every answer from then on. */
  tellClients(instance: FastifyInstance): void {
    instance.addHook('onSend', async (_, reply) => {
      if (this.#hasBegun) void reply.header('connection', 'close');
    });
  }
}
