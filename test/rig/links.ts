import { FaultProxy } from './fault-proxy.js';

/** Where a process of ours finds the servers that it stands on. */
export interface Addresses {
  readonly DATABASE_URL: string;
  readonly QUEUE_URL: string;
  readonly STORAGE_URL: string;
}

/** The wires of one process, each through a proxy of its own: cut one, and nobody else notices. */
export class Links {
  private constructor(
    readonly database: FaultProxy,
    readonly queue: FaultProxy,
    /** Undefined when the store is a folder. */
    readonly store: FaultProxy | undefined,
    /** What the process is told. */
    readonly env: Addresses,
  ) {}

  /** With `isDirect` the process is told of the servers themselves, and cutting a wire changes nothing. */
  static async open(addresses: Addresses, { isDirect = false } = {}): Promise<Links> {
    const storage = new URL(addresses.STORAGE_URL);
    const endpoint = storage.searchParams.get('endpoint');
    const database = await FaultProxy.to(addresses.DATABASE_URL);
    const queue = await FaultProxy.to(addresses.QUEUE_URL);
    const store = endpoint === null ? undefined : await FaultProxy.to(endpoint);
    if (store !== undefined) storage.searchParams.set('endpoint', store.through(endpoint!));
    const throughWires = {
      DATABASE_URL: database.through(addresses.DATABASE_URL),
      QUEUE_URL: queue.through(addresses.QUEUE_URL),
      STORAGE_URL: storage.href,
    };
    return new Links(database, queue, store, isDirect ? addresses : throughWires);
  }

  heal(): void {
    for (const link of [this.database, this.queue, this.store]) link?.heal();
  }

  async close(): Promise<void> {
    await Promise.all([this.database, this.queue, this.store].map((link) => link?.close()));
  }
}
