import { Slots } from '#intake';

/**
 * So many requests at once, and so many of them to one host: the owner of a list of URLs is rarely the owner of
 * the machine behind them. Counted in this process; several dispatchers ask a host as many times over.
 */
export class HostSlots {
  readonly #all: Slots;
  readonly #hosts = new Map<string, { slots: Slots; users: number }>();

  constructor(private readonly limits: { readonly total: number; readonly perHost: number }) {
    this.#all = new Slots(limits.total);
  }

  /** Runs `work` when there is room; a host that is slow holds none of the others' places while it waits. */
  async run<T>(host: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#hosts.get(host) ?? { slots: new Slots(this.limits.perHost), users: 0 };
    this.#hosts.set(host, entry);
    entry.users += 1;
    const leaveHost = await entry.slots.enter();
    const leave = await this.#all.enter();
    try {
      return await work();
    } finally {
      leave();
      leaveHost();
      entry.users -= 1;
      if (entry.users === 0) this.#hosts.delete(host);
    }
  }
}
