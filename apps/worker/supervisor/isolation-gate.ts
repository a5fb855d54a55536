/**
 * Shards share the engine host, but a shard suspected of killing it gets the host to itself: else its
 * crashes would be charged to whoever happens to run beside it.
 *
 * First come, first served, so neither kind starves the other.
 */
export class IsolationGate {
  #shared = 0;
  #exclusive = false;
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = [];

  /** Resolves when the host may be used; call the answer to leave. */
  async enter(alone: boolean): Promise<() => void> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ alone, enter });
      this.#admit();
    });
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      if (alone) this.#exclusive = false;
      else this.#shared -= 1;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#exclusive || (next.alone && this.#shared > 0)) return;
      this.#waiting.shift();
      if (next.alone) this.#exclusive = true;
      else this.#shared += 1;
      next.enter();
    }
  }
}
