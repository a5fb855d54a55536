/** Longest cycle that is noticed: five objects with masks. */
const LONGEST_CYCLE = 120;
/** The same objects this often in a row say nothing new. */
const OBJECT_TIMES = 3;
/** Text repeats itself for good reasons too: rows of figures, dots, a chorus. */
const TEXT_TIMES = 8;
const TEXT_TOKENS = 64;

/**
 * Notices an answer that goes round in circles, as greedy models do: a cycle of tokens that holds a whole box, three
 * times in a row, or any other cycle, eight times in a row and 64 tokens long at least.
 */
export class RepetitionGuard {
  readonly #tokens: number[] = [];
  /** By cycle length: how many of the newest tokens equal the one a cycle before. */
  readonly #equal = new Uint32Array(LONGEST_CYCLE + 1);

  constructor(private readonly isLocation: (token: number) => boolean) {}

  /** Takes the next token; true when the answer only repeats itself by now. */
  take(token: number): boolean {
    const count = this.#tokens.push(token);
    let isRepeating = false;
    for (let cycle = 1; cycle <= Math.min(LONGEST_CYCLE, count - 1); cycle++) {
      const isEqual = this.#tokens[count - 1 - cycle] === token;
      this.#equal[cycle] = isEqual ? this.#equal[cycle]! + 1 : 0;
      isRepeating ||= isEqual && this.#isOver(cycle);
    }
    return isRepeating;
  }

  #isOver(cycle: number): boolean {
    const tokens = this.#equal[cycle]! + cycle;
    if (tokens < OBJECT_TIMES * cycle) return false;
    if (tokens >= Math.max(TEXT_TIMES * cycle, TEXT_TOKENS)) return true;
    return this.#tokens.slice(-cycle).filter(this.isLocation).length >= 4;
  }
}
