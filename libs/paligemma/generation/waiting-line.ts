/** Who waits: the highest priority first, and first come first served among equals. */
export class WaitingLine<Item extends { readonly priority: number }> {
  #items: Item[] = [];

  get first(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    const after = this.#items.findLastIndex((other) => other.priority >= item.priority);
    this.#items.splice(after + 1, 0, item);
  }

  takeFirst(): Item | undefined {
    return this.#items.shift();
  }

  /** Takes out every item that the test holds for. */
  takeWhere(test: (item: Item) => boolean): Item[] {
    const taken = this.#items.filter(test);
    if (taken.length > 0) this.#items = this.#items.filter((item) => !taken.includes(item));
    return taken;
  }
}
