/** Formats that Pallet decodes. */
export const IMAGE_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** Bytes of the start of a file that `sniffImageFormat` looks at; more are ignored. */
export const SNIFF_BYTES = 64 * 1024;

export type ImageRefusal =
  | 'empty'
  | 'svg'
  | 'avif'
  | 'heic'
  | 'jpeg_xl'
  | 'jpeg_2000'
  | 'bmp'
  | 'icon'
  | 'photoshop'
  | 'camera_raw'
  | 'pdf'
  | 'video'
  | 'archive'
  | 'text'
  | 'unknown';

export type SniffedImage =
  | { readonly format: ImageFormat }
  /** `message` says what the file is and what to do. */
  | { readonly refused: ImageRefusal; readonly message: string };

const SUPPORTED = 'JPEG, PNG, WebP, GIF or TIFF';
const convert = (what: string) => `This is ${what}. Convert it to ${SUPPORTED} first.`;

const MESSAGES: Record<ImageRefusal, string> = {
  empty: 'The file has 0 bytes. Check the upload and send it again.',
  svg: `${convert('an SVG drawing')} SVG is not rendered because it can run scripts and load files.`,
  avif: convert('an AVIF image'),
  heic: convert('a HEIC/HEIF image, as phones save them'),
  jpeg_xl: convert('a JPEG XL image'),
  jpeg_2000: convert('a JPEG 2000 image'),
  bmp: convert('a BMP image'),
  icon: convert('an icon file'),
  photoshop: convert('a Photoshop file'),
  camera_raw: convert('a camera raw file'),
  pdf: `This is a PDF. Render its pages to ${SUPPORTED} first.`,
  video: `This is a video. Extract frames as ${SUPPORTED} first.`,
  archive: 'This is an archive, not an image. Upload it as an archive, or unpack it first.',
  text: `This is text, not an image, whatever its name says. Send ${SUPPORTED}.`,
  unknown: `These bytes are no image format that Pallet knows. Send ${SUPPORTED}.`,
};

/** Patterns at a byte offset; `latin1` text, so `\xFF` is the byte 255. The first match wins. */
const SIGNATURES: ReadonlyArray<readonly [number, string, ImageFormat | ImageRefusal]> = [
  [0, '\xFF\xD8\xFF', 'jpeg'],
  [0, '\x89PNG\r\n\x1A\n', 'png'],
  [0, 'GIF87a', 'gif'],
  [0, 'GIF89a', 'gif'],
  [8, 'CR\x02', 'camera_raw'],
  [0, 'II*\0', 'tiff'],
  [0, 'MM\0*', 'tiff'],
  [0, 'II+\0', 'tiff'],
  [0, 'MM\0+', 'tiff'],
  [0, 'IIU\0', 'camera_raw'],
  [0, 'IIRO', 'camera_raw'],
  [0, 'FUJIFILMCCD-RAW', 'camera_raw'],
  [0, '\xFF\x0A', 'jpeg_xl'],
  [0, '\0\0\0\x0CJXL \r\n', 'jpeg_xl'],
  [0, '\0\0\0\x0CjP  \r\n', 'jpeg_2000'],
  [0, '\xFF\x4F\xFF\x51', 'jpeg_2000'],
  [0, '8BPS', 'photoshop'],
  [0, '%PDF-', 'pdf'],
  [0, '\0\0\x01\0', 'icon'],
  [0, 'PK\x03\x04', 'archive'],
  [0, 'PK\x05\x06', 'archive'],
  [0, '\x1F\x8B\x08', 'archive'],
  [0, 'Rar!\x1A\x07', 'archive'],
  [0, "7z\xBC\xAF'\x1C", 'archive'],
  [257, 'ustar', 'archive'],
  [0, '\x1A\x45\xDF\xA3', 'video'],
];

const isFormat = (kind: ImageFormat | ImageRefusal): kind is ImageFormat =>
  (IMAGE_FORMATS as readonly string[]).includes(kind);

/**
 * Tells the format of an image from its first bytes, never from its name, without decoding it.
 * Pure and total: any bytes give an answer. A format says only that a decoder may try.
 */
export function sniffImageFormat(head: Uint8Array): SniffedImage {
  const kind = kindOf(head.subarray(0, SNIFF_BYTES));
  return isFormat(kind) ? { format: kind } : { refused: kind, message: MESSAGES[kind] };
}

function kindOf(head: Uint8Array): ImageFormat | ImageRefusal {
  if (head.length === 0) return 'empty';
  const signature = SIGNATURES.find(([offset, pattern]) => startsWith(head, pattern, offset));
  if (signature) return signature[2];
  if (startsWith(head, 'RIFF', 0)) return riffKind(head);
  if (startsWith(head, 'ftyp', 4)) return isoMediaKind(head);
  // "BM" alone also starts words: a bitmap has its reserved bytes 6..9 at 0.
  if (startsWith(head, 'BM', 0) && startsWith(head, '\0\0\0\0', 6)) return 'bmp';
  const text = decodeText(head);
  if (text === undefined) return 'unknown';
  return /<svg[\s>]/i.test(text) ? 'svg' : 'text';
}

function riffKind(head: Uint8Array): ImageFormat | ImageRefusal {
  if (startsWith(head, 'WEBP', 8)) return 'webp';
  return startsWith(head, 'AVI ', 8) ? 'video' : 'unknown';
}

/** AVIF, HEIC and MP4 share one container; the brands in its first box tell them apart. */
function isoMediaKind(head: Uint8Array): ImageRefusal {
  const boxBytes = head.length < 4 ? 0 : new DataView(head.buffer, head.byteOffset).getUint32(0);
  const brands = latin1(head.subarray(8, Math.min(Math.max(boxBytes, 12), 256)));
  if (/avif|avis/.test(brands)) return 'avif';
  if (/hei[cfmsx]|hev[cmsx]|mif1|msf1/.test(brands)) return 'heic';
  if (brands.startsWith('crx ')) return 'camera_raw';
  if (brands.startsWith('jp2') || brands.startsWith('jpx')) return 'jpeg_2000';
  return 'video';
}

function startsWith(head: Uint8Array, pattern: string, offset: number): boolean {
  if (head.length < offset + pattern.length) return false;
  for (let i = 0; i < pattern.length; i++) {
    if (head[offset + i] !== pattern.charCodeAt(i)) return false;
  }
  return true;
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The bytes as text, or undefined when they hold control characters or are no UTF-8 or UTF-16. */
function decodeText(head: Uint8Array): string | undefined {
  const wide = startsWith(head, '\xFF\xFE', 0) || startsWith(head, '\xFE\xFF', 0);
  const encoding = !wide ? 'utf-8' : head[0] === 0xff ? 'utf-16le' : 'utf-16be';
  try {
    // `stream` lets the 64 KiB limit cut a character in two.
    const text = new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true });
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    return /[\x00-\x08\x0E-\x1A\x1C-\x1F]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
