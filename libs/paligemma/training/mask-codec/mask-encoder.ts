import { AppError } from '#contracts';
import { CODE_COUNT, CODE_WORDS, MASK_SIZE } from '../../output/mask/decoder-graph.js';
import { readNpz, type NumpyArray } from '../../output/mask/npz-file.js';
import { cluster, nearest, type Points } from './cluster.js';
import { keptNumber } from './kept-number.js';

/** Cells of a side of the mask: one code word each. */
const GRID = 4;
const CELL = MASK_SIZE / GRID;
export const CELL_SIZE = CELL * CELL;
/** The array that a codec of ours has next to the decoder's, which passes it over: [128, 256], 0 to 1. */
const CELLS = 'encoder.cells';
/** More tell nothing new, and take longer. */
const MOST_CELLS = 30_000;
const ROUNDS = 10;

/**
 * Turns a mask into its 16 code words: each cell of 16 x 16 gets the word whose typical cell is most like it. That is
 * simpler than big_vision's encoder, a network: a small model learns sooner which word a piece of an outline has.
 */
export class MaskEncoder {
  /** Typical cells [128, 256]. */
  private constructor(readonly cells: Float32Array) {}

  /** Finds the typical cells of masks [64, 64], 0 to 1. */
  static fit(masks: readonly Float32Array[], random: () => number): MaskEncoder {
    const count = Math.min(masks.length, Math.ceil(MOST_CELLS / CODE_COUNT));
    const chosen = Array.from({ length: count }, (_, at) =>
      cellsOf(masks[Math.floor((at * masks.length) / count)]!),
    );
    const data = new Float32Array(count * CODE_COUNT * CELL_SIZE);
    chosen.forEach((cells, at) => data.set(cells.data, at * cells.data.length));
    const points = { count: count * CODE_COUNT, size: CELL_SIZE, data };
    return new MaskEncoder(cluster(points, CODE_WORDS, ROUNDS, random).map(keptNumber));
  }

  /** Of a file that `writeMaskCodec` wrote. Errors: `mask_encoder.missing`, on big_vision's own file too. */
  static async load(path: string): Promise<MaskEncoder> {
    try {
      const { shape, data } = (await readNpz(path, [CELLS])).get(CELLS)!;
      if (shape.join() !== `${CODE_WORDS},${CELL_SIZE}`) throw new Error(`${CELLS} is [${shape}]`);
      return new MaskEncoder(data);
    } catch (cause) {
      throw new AppError(
        'mask_encoder.missing',
        `${path} has no typical cells to encode masks with. Train a mask codec, and take its file.`,
        { cause, context: { path } },
      );
    }
  }

  get arrays(): ReadonlyMap<string, NumpyArray> {
    return new Map([[CELLS, { shape: [CODE_WORDS, CELL_SIZE], data: this.cells }]]);
  }

  /** [64, 64], 0 to 1 -> 16 code words 0..127, row by row of a 4 x 4 grid. */
  encode(mask: Uint8Array | Float32Array): number[] {
    const cells = cellsOf(mask);
    return Array.from({ length: CODE_COUNT }, (_, at) => nearest(cells, at, this.cells));
  }
}

function cellsOf(mask: Uint8Array | Float32Array): Points {
  if (mask.length !== MASK_SIZE * MASK_SIZE) {
    throw new RangeError(`a mask has ${MASK_SIZE} x ${MASK_SIZE} numbers, not ${mask.length}`);
  }
  const data = new Float32Array(mask.length);
  for (let line = 0; line < MASK_SIZE * GRID; line++) {
    const [y, column] = [Math.floor(line / GRID), line % GRID];
    const cell = Math.floor(y / CELL) * GRID + column;
    const from = mask.subarray(line * CELL, (line + 1) * CELL);
    data.set(from, cell * CELL_SIZE + (y % CELL) * CELL);
  }
  return { count: CODE_COUNT, size: CELL_SIZE, data };
}
