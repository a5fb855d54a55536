import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { ZipFile } from 'yazl';
import type { TestFile } from '../rig/client.js';
import { REPOSITORY } from '../rig/repository.js';

/** A real photograph of the repository. */
export function photograph(name: string): TestFile {
  return { name, bytes: readFileSync(join(REPOSITORY, 'examples/photos', name)) };
}

/** What each file must come to: refused at the upload, or an item that fails, with this code. */
export interface HostileFile extends TestFile {
  readonly refusedAs?: string;
  readonly failsAs?: string;
}

export async function hostileFiles(): Promise<HostileFile[]> {
  const whole = photograph('cat.jpg').bytes;
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  return [
    {
      name: 'truncated.jpg',
      bytes: whole.subarray(0, whole.length / 2),
      failsAs: 'image.undecodable',
    },
    { name: 'drawing.svg', bytes: Buffer.from(svg), refusedAs: 'image.svg' },
    {
      name: 'letter.png',
      bytes: Buffer.from('Dear sir,\n'),
      refusedAs: 'image.text',
    },
    { name: 'empty.jpg', bytes: new Uint8Array(), refusedAs: 'image.empty' },
    { name: 'bomb.avif', bytes: await bomb(8_192, 'avif'), refusedAs: 'image.avif' },
    { name: 'bomb.png', bytes: await bomb(16_000, 'png'), failsAs: 'image.too_many_pixels' },
    { name: 'bomb.webp', bytes: await bomb(9_000, 'webp'), failsAs: 'image.too_many_pixels' },
    // Progressive: a decoder needs all of its coefficients at once.
    { name: 'bomb.jpg', bytes: await bomb(12_000, 'jpeg'), failsAs: 'image.too_many_pixels' },
  ];
}

/** One colour over side x side pixels: a few kilobytes that would decode to gigabytes. */
async function bomb(side: number, format: keyof typeof SMALLEST): Promise<Buffer> {
  const create = { width: side, height: side, channels: 3 as const, background: '#808080' };
  return sharp({ create, limitInputPixels: false }).toFormat(format, SMALLEST[format]).toBuffer();
}

const SMALLEST = {
  avif: { effort: 0 },
  jpeg: { progressive: true },
  png: { compressionLevel: 9 },
  webp: { lossless: true, effort: 0 },
};

/** A good picture by its first frame, with 10,000 more behind it. */
export async function endlessFilm(): Promise<TestFile> {
  const frames = 10_000;
  const side = 8;
  const pixels = Buffer.alloc(side * side * frames * 3);
  // Black and white by turns: frames that are alike would be written as one.
  for (let frame = 0; frame < frames; frame += 1) {
    pixels.fill((frame % 2) * 255, frame * side * side * 3, (frame + 1) * side * side * 3);
  }
  const raw = { width: side, height: side * frames, channels: 3 as const, pageHeight: side };
  const bytes = await sharp(pixels, { raw, limitInputPixels: false }).gif({ effort: 1 }).toBuffer();
  return { name: 'film.jpg', bytes };
}

/** A zip with two good pictures, an entry that climbs out, and one that unpacks to 1,000 times its size. */
export async function hostileZip(good: readonly TestFile[]): Promise<TestFile> {
  const climbing = 'xx/xx/climbs.jpg';
  const zip = new ZipFile();
  for (const file of good) zip.addBuffer(Buffer.from(file.bytes), file.name);
  zip.addBuffer(Buffer.from(good[0]!.bytes), climbing);
  // A picture at its start, then zeros: only the ratio gives it away.
  const zeros = Buffer.concat([
    Buffer.from(good[0]!.bytes.subarray(0, 512)),
    Buffer.alloc(24 * 2 ** 20),
  ]);
  if (zeros.length / deflateRawSync(zeros).length < 900) throw new Error('not hostile enough');
  zip.addBuffer(zeros, 'ratio.jpg', { compress: true });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  return { name: 'pictures.zip', bytes: renameEntry(bytes, climbing, '../../climbs.jpg') };
}

/** No zip writer lets such a name through, so it is patched into both headers; lengths are the same. */
function renameEntry(zip: Buffer, from: string, to: string): Buffer {
  const patched = Buffer.from(zip);
  for (let at = patched.indexOf(from); at !== -1; at = patched.indexOf(from, at + 1)) {
    patched.write(to, at);
  }
  return patched;
}
