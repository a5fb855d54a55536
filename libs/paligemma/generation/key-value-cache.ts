/** See `bucket`. */
const BUCKET_TOKENS = 64;
const MINIMUM_TOKENS = 128;
/** Finite: -Infinity makes NaN of a row that is all padding. */
const HIDDEN = -1e30;

export interface CacheShape {
  readonly layers: number;
  readonly slots: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Most tokens that one sequence may ever have. */
  readonly maxTokens: number;
}

/**
 * Keys and values of every slot, in arrays of our own that the decoder reads in place.
 *
 * Each layer has two arrays [slots, keyValueHeads, capacity, headSize]. `capacity` is shared and follows the
 * longest sequence that is reserved, in steps of `BUCKET_TOKENS`: attention works on all of it. What lies behind a
 * sequence's length is masked, and is always a finite number (zero, or another sequence's past).
 */
export class KeyValueCache {
  #capacity = 0;
  #arrays: Float32Array[];
  /** [slots, capacity]: 0 where a token is, HIDDEN elsewhere. */
  #mask = new Float32Array(0);
  readonly #lengths: number[];
  readonly #reserved: number[];

  constructor(private readonly shape: CacheShape) {
    this.#arrays = Array.from({ length: 2 * shape.layers }, () => new Float32Array(0));
    this.#lengths = Array.from({ length: shape.slots }, () => 0);
    this.#reserved = [...this.#lengths];
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Bytes that the arrays hold now, and the most they can ever hold. */
  get bytes(): { readonly held: number; readonly limit: number } {
    const held = this.#arrays.reduce((sum, array) => sum + array.byteLength, 0);
    return { held, limit: 8 * this.shape.layers * this.#sizeAt(bucket(this.shape.maxTokens)) };
  }

  length(slot: number): number {
    return this.#lengths[slot]!;
  }

  /** Makes room for a sequence that may grow to `tokens`. */
  reserve(slot: number, tokens: number): void {
    this.#reserved[slot] = tokens;
    const wanted = bucket(Math.max(...this.#reserved));
    // Shrinking moves memory too: not for the sake of a few tokens.
    if (wanted > this.#capacity || wanted * 2 <= this.#capacity) this.#resize(wanted);
  }

  /** Puts a prefix into an empty slot. `keyValues`: [2 * layers, keyValueHeads, tokens, headSize]. */
  fill(slot: number, keyValues: Float32Array, tokens: number): void {
    this.#write(slot, keyValues, { row: 0, rows: 1, tokens });
  }

  /** Adds one token to a slot. `keyValues`: [2 * layers, rows, keyValueHeads, 1, headSize]. */
  append(slot: number, keyValues: Float32Array, rows: number): void {
    this.#write(slot, keyValues, { row: slot, rows, tokens: 1 });
  }

  free(slot: number): void {
    this.#lengths[slot] = 0;
    this.#reserved[slot] = 0;
    this.#mask.fill(HIDDEN, slot * this.#capacity, (slot + 1) * this.#capacity);
  }

  /** The first `rows` slots of array 2 * layer (keys) or 2 * layer + 1 (values). No copy. */
  view(index: number, rows: number): Float32Array {
    return this.#arrays[index]!.subarray(0, rows * this.#slotSize());
  }

  /** [rows, capacity]. No copy. */
  mask(rows: number): Float32Array {
    return this.#mask.subarray(0, rows * this.#capacity);
  }

  #write(
    slot: number,
    source: Float32Array,
    { row, rows, tokens }: { row: number; rows: number; tokens: number },
  ): void {
    const { keyValueHeads, headSize } = this.shape;
    const start = this.#lengths[slot]!;
    const run = tokens * headSize;
    this.#arrays.forEach((array, index) => {
      for (let head = 0; head < keyValueHeads; head++) {
        const from = ((index * rows + row) * keyValueHeads + head) * run;
        const to = this.#offset(slot, head, this.#capacity) + start * headSize;
        array.set(source.subarray(from, from + run), to);
      }
    });
    this.#mask.fill(0, slot * this.#capacity + start, slot * this.#capacity + start + tokens);
    this.#lengths[slot] = start + tokens;
  }

  #resize(capacity: number): void {
    const old = this.#capacity;
    this.#arrays = this.#arrays.map((array) => this.#moved(array, old, capacity));
    this.#capacity = capacity;
    this.#mask = new Float32Array(this.shape.slots * capacity).fill(HIDDEN);
    this.#lengths.forEach((length, slot) =>
      this.#mask.fill(0, slot * capacity, slot * capacity + length),
    );
  }

  /** The same array when it is large enough: memory that was touched once is not worth giving back. */
  #moved(array: Float32Array, old: number, capacity: number): Float32Array {
    const size = this.#sizeAt(capacity);
    const target = array.length >= size ? array : new Float32Array(size);
    const places = this.#occupied();
    // In place, rows move towards the start when shrinking and away from it when growing: take them in the
    // order in which none lands on one that has not moved yet.
    if (capacity > old) places.reverse();
    for (const { slot, head, length } of places) {
      const from = this.#offset(slot, head, old);
      const row = array.subarray(from, from + length * this.shape.headSize);
      target.set(row, this.#offset(slot, head, capacity));
    }
    return target;
  }

  #occupied(): { slot: number; head: number; length: number }[] {
    return this.#lengths.flatMap((length, slot) =>
      length === 0
        ? []
        : Array.from({ length: this.shape.keyValueHeads }, (_, head) => ({ slot, head, length })),
    );
  }

  #offset(slot: number, head: number, capacity: number): number {
    return (slot * this.shape.keyValueHeads + head) * capacity * this.shape.headSize;
  }

  #slotSize(): number {
    return this.shape.keyValueHeads * this.#capacity * this.shape.headSize;
  }

  #sizeAt(capacity: number): number {
    const { slots, keyValueHeads, headSize } = this.shape;
    return slots * keyValueHeads * capacity * headSize;
  }
}

/**
 * Rounded up, so that the capacity (which mates' lengths decide) never changes in which order the runtime adds
 * numbers: its softmax sums in vectors, with the new token's score behind the cached ones, and its product of query
 * and keys takes longer runs along the head when there are fewer than 128 keys. Checked bit by bit in
 * decoder-graph.spec.ts.
 */
function bucket(tokens: number): number {
  return Math.max(MINIMUM_TOKENS, Math.ceil(tokens / BUCKET_TOKENS) * BUCKET_TOKENS);
}
