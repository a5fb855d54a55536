/** Windows a second. Rows that pass faster than this nobody looks at. */
const FLUNG = 4;
/** Over how long the speed is taken. */
const SPAN_MS = 100;
/** Without a turn of the wheel for so long, the page rests. */
const REST_MS = 120;

/**
 * Whether the page is flung: scrolled so fast that its pictures are gone before they could be seen. To load, decode and draw
 * them all the same is what makes a frame late.
 */
export class Fling {
  #isOn = false;
  #from: { readonly y: number; readonly at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #waiting = new Set<() => void>();

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Input: how far the page is scrolled and how high the window is, in pixels; by default those of this page. */
  scrolled(y: number = window.scrollY, height: number = window.innerHeight): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rest(), REST_MS);
    const at = performance.now();
    this.#from ??= { y, at };
    const ms = at - this.#from.at;
    if (ms < SPAN_MS) return;
    const windows = Math.abs(y - this.#from.y) / height;
    this.#isOn = windows / (ms / 1_000) > FLUNG;
    this.#from = { y, at };
    if (!this.#isOn) this.#tell();
  }

  /** Calls once, as soon as the page is not flung any more, which may be now. Output: takes that back. */
  whenOver(call: () => void): () => void {
    if (this.#isOn) this.#waiting.add(call);
    else call();
    return () => this.#waiting.delete(call);
  }

  #rest(): void {
    this.#isOn = false;
    this.#from = undefined;
    this.#tell();
  }

  #tell(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call();
  }
}

/** Of the one page that there is. */
export const fling = new Fling();
