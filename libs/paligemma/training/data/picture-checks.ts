/** Pictures that are opened at once: enough to hide a disk's waiting, few enough to hold in memory. */
const AT_ONCE = 8;

/** Looks at each picture once, however many lines are about it, and at a bounded number at once. */
export class PictureChecks {
  readonly #found = new Map<string, Promise<string | undefined>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(
    /** Why a picture cannot be learned from, if it cannot. */
    private readonly find: (path: string) => Promise<string | undefined>,
  ) {}

  faultOf(path: string): Promise<string | undefined> {
    const found = this.#found.get(path) ?? this.#look(path);
    this.#found.set(path, found);
    return found;
  }

  async #look(path: string): Promise<string | undefined> {
    if (this.#running === AT_ONCE) await new Promise<void>((enter) => this.#waiting.push(enter));
    else this.#running++;
    try {
      return await this.find(path);
    } finally {
      const next = this.#waiting.shift();
      // A place that is left goes to the first that waits.
      if (next) next();
      else this.#running--;
    }
  }
}
