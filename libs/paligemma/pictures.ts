/**
 * What may be had of PaliGemma without its engine: pictures and masks. A second way in beside index.ts, as that one
 * loads ONNX Runtime, which a process that only writes exports has no use for.
 */
export { decodeImage, type DecodedImage } from './image/decode.js';
export { makeThumbnail } from './image/thumbnail.js';
export type { RgbImage } from './image/rgb-image.js';
export {
  areaOf,
  bitmapOf,
  boundsOf,
  maskOfBitmap,
  type BoxedMask,
} from './output/mask/boxed-mask.js';
export { encodePng } from './output/mask/encode-png.js';
export { polygonsOf } from './output/mask/polygons.js';
export type { Ring } from './output/mask/ring.js';
export { decodeRuns, encodeRuns, type RunLengthMask } from './output/mask/run-lengths.js';
