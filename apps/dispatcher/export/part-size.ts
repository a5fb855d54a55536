import type { ExportFormatName } from '#contracts';

/** S3 takes no less than 5 MiB; each export holds two parts in memory. */
const LEAST_BYTES = 8_388_608;
const MOST_BYTES = 67_108_864;
/** What S3 takes. */
export const MOST_PARTS = 10_000;
/** Room for an estimate that is too low. */
const WANTED_PARTS = 5_000;

const ITEM_BYTES = 16_384;
const PICTURE_BYTES = 2_097_152;
const WITH_PICTURES: ReadonlySet<ExportFormatName> = new Set(['annotated', 'masks']);

/**
 * Bytes of a part: all are of one size, which some servers want, and it follows from what the export is of, so that
 * whoever takes over cuts in the same places.
 */
export function partBytesOf(format: ExportFormatName, items: number): number {
  const estimate = items * (WITH_PICTURES.has(format) ? PICTURE_BYTES : ITEM_BYTES);
  const wanted = Math.ceil(estimate / WANTED_PARTS / LEAST_BYTES) * LEAST_BYTES;
  return Math.min(Math.max(wanted, LEAST_BYTES), MOST_BYTES);
}
