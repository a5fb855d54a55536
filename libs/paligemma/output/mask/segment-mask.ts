import type { ParsedBox } from '../parse-output.js';
import type { MaskDecoder } from './mask-decoder.js';
import { pasteMask } from './paste-mask.js';
import { areaOf } from './boxed-mask.js';
import { encodeRuns, type RunLengthMask } from './run-lengths.js';

export interface SegmentMask {
  readonly rle: RunLengthMask;
  /** Pixels inside. */
  readonly area: number;
}

/**
 * The mask of a box that the model wrote code words for, on an image of this size.
 * `undefined` without code words, and for a box of less than a pixel.
 */
export async function segmentMask(
  decoder: MaskDecoder,
  box: ParsedBox,
  image: { readonly width: number; readonly height: number },
): Promise<SegmentMask | undefined> {
  if (!box.segmentCodes) return undefined;
  const pasted = pasteMask(await decoder.decode(box.segmentCodes), box.pixels, image);
  return pasted && { rle: encodeRuns(pasted), area: areaOf(pasted) };
}
