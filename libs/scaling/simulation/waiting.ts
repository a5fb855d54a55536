import type { Arrival } from './load.js';

/** How long images waited, first come first served; a second is the grain. */
export class Waiting {
  #arrived = 0;
  #done = 0;
  #area = 0;
  #longest = 0;
  #firstAnswerAt: number | undefined;
  #open: { readonly at: number; readonly upTo: number }[] = [];

  add(arrival: Arrival): void {
    this.#arrived += arrival.images;
    this.#open.push({ at: arrival.at, upTo: this.#arrived });
  }

  step(at: number, done: number): void {
    this.#done += done;
    if (done > 0) this.#firstAnswerAt ??= at;
    this.#area += this.#arrived - this.#done;
    while (this.#open[0] !== undefined && this.#done >= this.#open[0].upTo - 1e-3) {
      this.#longest = Math.max(this.#longest, at + 1 - this.#open.shift()!.at);
    }
  }

  get firstAnswerAt(): number | undefined {
    return this.#firstAnswerAt;
  }
  /** Little's law: what was outstanding, over all seconds, is what all images waited together. */
  get meanSeconds(): number {
    return this.#arrived === 0 ? 0 : this.#area / this.#arrived;
  }
  /** From a job's arrival to its last image. */
  get longestSeconds(): number {
    return this.#longest;
  }
}
