import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bitmapOf, decodeRuns } from '#paligemma/pictures';
import { filesOf, exported, unzip } from '../read-export-fixture.js';
import { someItems, sourceOf } from '../source-fixture.js';

const grey = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } });

describe('masks', () => {
  it('are pictures of one bit a pixel, and a list of what they show', async () => {
    const files = await unzip(await exported('masks', sourceOf(someItems())));
    const path = 'masks/photo-2/2-0-cat.png';
    const { data, info } = await sharp(files.get(path)).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([40, 30]);
    const { rle } = someItems()[1]!.answers[0]!.boxes[0]!.mask!;
    const white = Uint8Array.from({ length: 1200 }, (_, at) => data[at * info.channels]! / 255);
    expect(white).toEqual(bitmapOf(decodeRuns(rle)));
    expect(JSON.parse(files.get('masks.jsonl')!.toString('utf8'))).toMatchObject({
      path,
      n: 2,
      image: 'photo-2.jpg',
      label: 'cat',
      task: 2,
      box: 0,
      area: 24,
    });
  });
});

describe('annotated', () => {
  it('draws boxes and masks on the upright picture', async () => {
    // 30 x 40 as stored; the camera was turned, so a person sees 40 x 30.
    const bytes = await grey(30, 40).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const source = sourceOf(someItems(), { picture: async () => bytes });
    const files = await unzip(await exported('annotated', source));
    const open = async (path: string) => {
      const { data, info } = await sharp(files.get(path))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([40, 30]);
      const isGrey = (x: number, y: number) =>
        [0, 1, 2].every((band) => Math.abs(data[(y * 40 + x) * 3 + band]! - 128) < 12);
      return isGrey;
    };
    const boxed = await open('pictures/photo-0.jpg');
    // On the lower edge of the first box, and in its middle.
    expect([boxed(9, 24), boxed(9, 18), boxed(17, 28)]).toEqual([false, true, true]);
    const masked = await open('pictures/photo-2.jpg');
    expect([masked(4, 8), masked(20, 25)]).toEqual([false, true]);
  });

  it('leaves out pictures that are gone or cannot be read, and says so', async () => {
    const leftOut = async (bytes: Uint8Array | undefined) => {
      const source = sourceOf(someItems(), { picture: async () => bytes });
      const { 'manifest.json': manifest } = await filesOf('annotated', source);
      return JSON.parse(manifest!).left_out;
    };
    expect(await leftOut(undefined)).toHaveProperty('pictures whose bytes are gone', 3);
    const broken = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 0]);
    expect(await leftOut(broken)).toHaveProperty('pictures that cannot be read here', 3);
  });
});
