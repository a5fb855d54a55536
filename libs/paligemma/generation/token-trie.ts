/** A place in a tree of token sequences. */
export class TokenTrie<Mark> {
  readonly next = new Map<number, TokenTrie<Mark>>();
  /** What ends here. */
  readonly marks = new Set<Mark>();

  add([first, ...rest]: readonly number[], mark: Mark): void {
    if (first === undefined) return void this.marks.add(mark);
    const following = this.next.get(first) ?? new TokenTrie<Mark>();
    this.next.set(first, following);
    following.add(rest, mark);
  }
}
