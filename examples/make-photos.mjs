// Writes examples/photos from the data folder of scikit-image. Needed only to make the pictures again:
//
//   apt-get download python3-skimage && dpkg-deb -x python3-skimage_*.deb extracted
//   node examples/make-photos.mjs extracted/usr/lib/python3/dist-packages/skimage/data
//
// The pictures are re-encoded once, as JPEG of at most 250 KB, sizes unchanged.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import sharp from 'sharp';

const PICTURES = {
  'astronaut.png': 'astronaut',
  'camera.png': 'cameraman',
  'chelsea.png': 'cat',
  'coffee.png': 'coffee',
  'hubble_deep_field.jpg': 'galaxies',
  'retina.jpg': 'retina',
  'rocket.jpg': 'rocket',
  'text.png': 'text',
};

const from = process.argv[2];
if (from === undefined) throw new Error('Usage: node examples/make-photos.mjs SKIMAGE_DATA_FOLDER');
const to = fileURLToPath(new URL('photos/', import.meta.url));

for (const [source, name] of Object.entries(PICTURES)) {
  const { width, height, size } = await sharp(join(from, source))
    .removeAlpha()
    .jpeg({ quality: 88 })
    .toFile(join(to, `${name}.jpg`));
  console.log(`${name}.jpg ${width}x${height} ${Math.round(size / 1000)} KB`);
}
