import { AppError, MAX_PART_BYTES, MAX_PARTS } from '#contracts';

const DEFAULT_PART_BYTES = 8 * 2 ** 20;
const MIB = 2 ** 20;

interface Whole {
  readonly bytes: number;
  readonly partBytes: number;
}

/** Input: bytes of the whole. Output: bytes of a part, so that there are few enough. Errors: `upload.too_many_parts`. */
export function choosePartBytes(bytes: number, wanted: number | undefined): number {
  const least = Math.ceil(bytes / MAX_PARTS);
  const chosen = wanted ?? Math.max(DEFAULT_PART_BYTES, Math.ceil(least / MIB) * MIB);
  if (chosen >= least && chosen <= MAX_PART_BYTES) return chosen;
  throw new AppError(
    'upload.too_many_parts',
    `An upload has ${MAX_PARTS} parts at most, of ${MAX_PART_BYTES} bytes at most; choose part_bytes of ${least} or more.`,
  );
}

export const partCount = ({ bytes, partBytes }: Whole): number => Math.ceil(bytes / partBytes);

/** Output: bytes of the part. Errors: `upload.no_such_part`. */
export function bytesOfPart(whole: Whole, n: number): number {
  const count = partCount(whole);
  if (n >= count) {
    throw new AppError(
      'upload.no_such_part',
      `The upload has the parts 0 to ${count - 1}, and none of number ${n}.`,
    );
  }
  return n < count - 1 ? whole.partBytes : whole.bytes - whole.partBytes * (count - 1);
}
