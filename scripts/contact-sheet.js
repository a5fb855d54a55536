// Makes one picture of many: node scripts/contact-sheet.js OUT.jpg PICTURE...
import sharp from 'sharp';

const COLUMNS = 4;
const TILE_PIXELS = 300;
const JPEG_QUALITY = 82;

const [out, ...pictures] = process.argv.slice(2);
if (pictures.length === 0) {
  process.stderr.write('node scripts/contact-sheet.js OUT.jpg PICTURE...\n');
  process.exit(2);
}
const tiles = await Promise.all(
  pictures.map((picture) => sharp(picture).resize(TILE_PIXELS, TILE_PIXELS).toBuffer()),
);
await sharp({
  create: {
    width: Math.min(tiles.length, COLUMNS) * TILE_PIXELS,
    height: Math.ceil(tiles.length / COLUMNS) * TILE_PIXELS,
    channels: 3,
    background: 'white',
  },
})
  .composite(
    tiles.map((input, index) => ({
      input,
      left: (index % COLUMNS) * TILE_PIXELS,
      top: Math.floor(index / COLUMNS) * TILE_PIXELS,
    })),
  )
  .jpeg({ quality: JPEG_QUALITY })
  .toFile(out);
