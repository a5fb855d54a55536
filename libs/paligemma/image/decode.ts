import sharp from 'sharp';
import { AppError, sniffImageFormat, type ImageFormat } from '#contracts';
import type { RgbImage } from './rgb-image.js';

export interface DecodeOptions {
  /** Most pixels (width x height in the header) to decode. Default 64e6. */
  limitInputPixels?: number;
  /** Most bands of the file, alpha included. Default 5 (CMYK + alpha). */
  limitInputChannels?: number;
  /** Whole seconds of decoding after which the image is given up. Default 20. */
  timeoutSeconds?: number;
}

/** `width` and `height` are those a person sees: EXIF orientation is applied. */
export interface DecodedImage extends RgbImage {
  readonly format: ImageFormat;
}

const DEFAULTS: Required<DecodeOptions> = {
  limitInputPixels: 64_000_000,
  limitInputChannels: 5,
  timeoutSeconds: 20,
};

// Allow-list of parsers that untrusted bytes may reach, for the whole process: libvips also bundles
// SVG, HEIF and other loaders, and one that an update adds stays blocked.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadTiff',
  ],
});
// Images are decoded side by side by the caller; threads inside one image only fight over the cores.
sharp.concurrency(1);
// Every image is different: the operation cache would only hold memory.
sharp.cache(false);

/**
 * Decodes untrusted bytes to 8-bit sRGB pixels: the first frame or page, upright by EXIF orientation.
 *
 * As Pillow's `convert("RGB")`, which PaliGemma's reference uses: alpha is dropped, not composited,
 * and RGB numbers are taken as sRGB whatever ICC profile is embedded. 16-bit samples keep their high
 * byte. CMYK goes through libvips' generic profile, where Pillow inverts naively.
 *
 * Throws AppError, never retryable: `image.empty`, `image.unsupported_format`,
 * `image.too_many_pixels`, `image.undecodable`.
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<DecodedImage> {
  const limits = { ...DEFAULTS, ...options };
  const format = await checkImageHeader(bytes, limits);
  try {
    return { ...(await decodePixels(bytes, limits)), format };
  } catch (error) {
    throw toAppError(error, format, limits);
  }
}

/** What `decodeImage` refuses before it decodes, with the same errors: takes the time of reading a header. */
export async function checkImageHeader(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<ImageFormat> {
  const limits = { ...DEFAULTS, ...options };
  const format = requireFormat(bytes);
  try {
    await requirePixelLimit(bytes, limits);
    return format;
  } catch (error) {
    throw toAppError(error, format, limits);
  }
}

function requireFormat(bytes: Uint8Array): ImageFormat {
  const sniffed = sniffImageFormat(bytes);
  if ('format' in sniffed) return sniffed.format;
  const code = sniffed.refused === 'empty' ? 'image.empty' : 'image.unsupported_format';
  throw new AppError(code, sniffed.message, { context: { kind: sniffed.refused } });
}

/** Reads the header only. Our own check, so that the error can name the size. */
async function requirePixelLimit(
  bytes: Uint8Array,
  limits: Required<DecodeOptions>,
): Promise<void> {
  const { width, height } = await sharp(bytes, { limitInputPixels: false, pages: 1 }).metadata();
  if (width * height > limits.limitInputPixels) throw tooManyPixels(limits, width, height);
}

function tooManyPixels(limits: DecodeOptions, width?: number, height?: number): AppError {
  const size = width && height ? `${width} x ${height} pixels` : 'more pixels than allowed';
  return new AppError(
    'image.too_many_pixels',
    `The image has ${size}; the limit is ${limits.limitInputPixels} pixels. ` +
      'Shrink it (the model sees at most 896 x 896) or raise the limit.',
    { context: { width, height, limit: limits.limitInputPixels } },
  );
}

async function decodePixels(bytes: Uint8Array, limits: Required<DecodeOptions>): Promise<RgbImage> {
  const { data, info } = await sharp(bytes, {
    limitInputPixels: limits.limitInputPixels,
    limitInputChannels: limits.limitInputChannels,
    // 'error' refuses truncated and broken pixel data. 'warning' would also refuse files that every
    // viewer shows, such as JPEGs with stray bytes between markers.
    failOn: 'error',
    pages: 1,
    autoOrient: true,
    ignoreIcc: true,
    sequentialRead: true,
  })
    .toColourspace('srgb')
    .removeAlpha()
    .timeout({ seconds: limits.timeoutSeconds })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels`);
  return { data, width: info.width, height: info.height };
}

function toAppError(error: unknown, format: ImageFormat, limits: DecodeOptions): AppError {
  if (error instanceof AppError) return error;
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  if (/pixel limit/i.test(reason)) return tooManyPixels(limits);
  return new AppError(
    'image.undecodable',
    `The file starts as ${format.toUpperCase()} but cannot be decoded (${reason}). ` +
      'It is damaged or cut off: export or upload it again.',
    { context: { format, reason }, cause: error },
  );
}
