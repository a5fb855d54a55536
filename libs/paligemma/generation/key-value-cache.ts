import { keyParts, RUN } from '../graph/cache-layout.js';

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
 * Each layer has keys [slots, keyValueHeads, parts, capacity, headSize / parts] and values
 * [slots, keyValueHeads, capacity, headSize]; a "strip" below is the [capacity, width] of one head or part.
 * `capacity` is shared and follows the longest sequence that is reserved, in steps of RUN: attention works on all
 * of it. What lies behind a sequence's length is masked, and is always a finite number (zero, or another
 * sequence's past).
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
  append(slot: number, keyValues: Float32Array, rows: number, row = slot): void {
    this.#write(slot, keyValues, { row, rows, tokens: 1 });
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
    this.#arrays.forEach((array, index) => {
      const { parts, width } = this.#strips(index);
      for (let strip = 0; strip < keyValueHeads * parts; strip++) {
        const head = Math.floor(strip / parts);
        let from = ((index * rows + row) * keyValueHeads + head) * tokens * headSize;
        from += (strip % parts) * width;
        const to = ((slot * keyValueHeads * parts + strip) * this.#capacity + start) * width;
        for (let token = 0; token < tokens; token++) {
          const place = from + token * headSize;
          array.set(source.subarray(place, place + width), to + token * width);
        }
      }
    });
    this.#mask.fill(0, slot * this.#capacity + start, slot * this.#capacity + start + tokens);
    this.#lengths[slot] = start + tokens;
  }

  #resize(capacity: number): void {
    this.#arrays = this.#arrays.map((array, index) => this.#moved(array, index, capacity));
    this.#capacity = capacity;
    this.#mask = new Float32Array(this.shape.slots * capacity).fill(HIDDEN);
    this.#lengths.forEach((length, slot) =>
      this.#mask.fill(0, slot * capacity, slot * capacity + length),
    );
  }

  /** The same array when it is large enough: memory that was touched once is not worth giving back. */
  #moved(array: Float32Array, index: number, capacity: number): Float32Array {
    const size = this.#sizeAt(capacity);
    const target = array.length >= size ? array : new Float32Array(size);
    const { parts, width } = this.#strips(index);
    const perSlot = this.shape.keyValueHeads * parts;
    const strips = this.#lengths.flatMap((length, slot) =>
      length === 0 ? [] : Array.from({ length: perSlot }, (_, n) => [slot * perSlot + n, length]),
    ) as [number, number][];
    // In place, strips move towards the start when shrinking and away from it when growing: take them in the
    // order in which none lands on one that has not moved yet.
    if (capacity > this.#capacity) strips.reverse();
    for (const [strip, length] of strips) {
      const from = strip * this.#capacity * width;
      target.set(array.subarray(from, from + length * width), strip * capacity * width);
    }
    return target;
  }

  #strips(index: number): { parts: number; width: number } {
    const parts = index % 2 === 0 ? keyParts(this.shape.headSize) : 1;
    return { parts, width: this.shape.headSize / parts };
  }

  #slotSize(): number {
    return this.shape.keyValueHeads * this.#capacity * this.shape.headSize;
  }

  #sizeAt(capacity: number): number {
    const { slots, keyValueHeads, headSize } = this.shape;
    return slots * keyValueHeads * capacity * headSize;
  }
}

function bucket(tokens: number): number {
  return Math.ceil(tokens / RUN) * RUN;
}
