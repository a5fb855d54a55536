import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode.js';
import { makeThumbnail } from './thumbnail.js';

/** 60 x 30: left half red, right half blue, with an EXIF block that says where it was taken. */
async function photo(orientation: number): Promise<Buffer> {
  const half = (background: string) => ({
    create: { width: 30, height: 30, channels: 3 as const, background },
  });
  return sharp({ create: { width: 60, height: 30, channels: 3, background: 'white' } })
    .composite([
      { input: half('red'), left: 0, top: 0 },
      { input: half('blue'), left: 30, top: 0 },
    ])
    .withExif({ IFD3: { GPSLatitude: '1/1 2/1 3/1' } })
    .withMetadata({ orientation })
    .jpeg({ chromaSubsampling: '4:4:4' })
    .toBuffer();
}

describe('a thumbnail', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'stands as the model sees it (EXIF %i)',
    async (orientation) => {
      const bytes = await photo(orientation);
      const [thumbnail, seen] = [await makeThumbnail(bytes, 320), await decodeImage(bytes)];
      const small = await sharp(thumbnail).raw().toBuffer({ resolveWithObject: true });
      expect([small.info.width, small.info.height]).toEqual([seen.width, seen.height]);
      const farthest = Math.max(...seen.data.map((value, i) => Math.abs(value - small.data[i]!)));
      // Two codecs and a hard edge: a picture that stands otherwise differs by 255.
      expect(farthest).toBeLessThan(140);
    },
  );

  it('fits into its edge, is never enlarged, and says nothing of where it was taken', async () => {
    const bytes = await photo(6);
    const size = async (edge: number) => {
      const { width, height, exif, format } = await sharp(
        await makeThumbnail(bytes, edge),
      ).metadata();
      return [width, height, exif, format];
    };
    expect(await size(20)).toEqual([10, 20, undefined, 'webp']);
    expect(await size(320)).toEqual([30, 60, undefined, 'webp']);
  });

  it('is refused for what is no whole picture', async () => {
    const bytes = await photo(1);
    await expect(makeThumbnail(Buffer.from('<svg/>'), 9)).rejects.toMatchObject({
      code: 'image.unsupported_format',
    });
    await expect(makeThumbnail(bytes.subarray(0, bytes.length / 2), 9)).rejects.toMatchObject({
      code: 'image.undecodable',
    });
  });
});
