import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { KINDS, type Kind } from './kind.js';

/** RGBA [size, size, 4], cut to what is not transparent. */
export interface Sprite {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** From the root; `npm ci --prefix demo/pictures` puts them there. */
const PICTURES = 'demo/pictures/node_modules/@lobehub/fluent-emoji-3d/assets';
/** Longest sides that pictures are made at: 16 to 50 % of a scene's side. */
export const SIZES = [38, 46, 54, 62, 70, 78, 88, 98, 110];
/** Degrees. */
const TURNS = [-12, 0, 12];

/** All that can be put into a scene, made beforehand: every kind at every size, as it is and mirrored, in each turn. */
export class Sprites {
  private constructor(
    readonly get: (kind: Kind, size: number, turn: number, isMirrored: boolean) => Sprite,
  ) {}

  /** Of a folder of pictures, each called by its code points. */
  static async load(folder = PICTURES): Promise<Sprites> {
    const all = new Map<string, Sprite>();
    for (const { code } of KINDS) {
      const bytes = await readFile(join(folder, `${code}.webp`));
      for (const turn of TURNS) {
        for (const isMirrored of [false, true]) {
          const turned = await turnedBy(bytes, turn, isMirrored);
          for (const size of SIZES) {
            all.set(keyOf(code, size, turn, isMirrored), await resized(turned, size));
          }
        }
      }
    }
    return new Sprites((kind, size, turn, isMirrored) =>
      all.get(keyOf(kind.code, size, turn, isMirrored))!,
    );
  }

  /** Made by hand. */
  static of(get: Sprites['get']): Sprites {
    return new Sprites(get);
  }

  static readonly turns = TURNS;
}

const keyOf = (code: string, size: number, turn: number, isMirrored: boolean): string =>
  `${code} ${size} ${turn} ${isMirrored}`;

async function turnedBy(bytes: Buffer, turn: number, isMirrored: boolean): Promise<Buffer> {
  const picture = isMirrored ? sharp(await sharp(bytes).flop().png().toBuffer()) : sharp(bytes);
  const turned = picture.rotate(turn, { background: { r: 0, g: 0, b: 0, alpha: 0 } });
  return sharp(await turned.png().toBuffer())
    .trim()
    .png()
    .toBuffer();
}

async function resized(picture: Buffer, size: number): Promise<Sprite> {
  const { data, info } = await sharp(picture)
    .resize(size, size, { fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
