// The dashboard's pictures in the README: what the browser tests saw last, smaller.
// `npm test -- system test/dashboard/gallery`, then `node scripts/dashboard-pictures.js`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { ROOT, say } from './step.js';

const SEEN = join(ROOT, 'dist', 'test-artifacts', 'dashboard');
const PICTURES = { 'gallery-light-1440': 'dashboard-gallery', 'item-dark-1440': 'dashboard-item' };
/** Each is shown at half of the README's width or more. */
const WIDTH = 1200;

mkdirSync(join(ROOT, 'docs'), { recursive: true });
for (const [seen, name] of Object.entries(PICTURES)) {
  const target = join(ROOT, 'docs', `${name}.webp`);
  const { size } = await sharp(join(SEEN, `${seen}.png`))
    .resize({ width: WIDTH })
    .webp({ quality: 82 })
    .toFile(target);
  say(`${target}: ${Math.round(size / 1024)} KiB`);
}
