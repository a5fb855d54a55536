import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box, ItemResult, Task } from '#contracts';
import { bitmapOf, decodeRuns } from '#paligemma/pictures';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { TestBrowser, type Page } from './browser.js';
import { isRed, UPRIGHT, uprightPicture } from './upright-picture.js';

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const TASKS: Task[] = [
  { type: 'segment', label: 'red' },
  { type: 'detect', labels: ['blue', 'red'] },
];
/** Lines of the item page and of a tile, pixels of their canvas. */
const ITEM_LINE = 1;
const TILE_LINE = 2;

let system: System;
let browser: TestBrowser;
let page: Page;
let jobId: string;
const items: ItemResult[] = [];

beforeAll(async () => {
  system = await System.start({ engine: 'colour-engine' });
  const client = new TestClient(system.url, system.apiKey);
  const set = await client.createSet('Turned');
  const files = ORIENTATIONS.map(async (orientation) => ({
    name: `orientation-${orientation}.jpg`,
    bytes: await uprightPicture(orientation),
  }));
  await client.upload(set.id, await Promise.all(files));
  ({ id: jobId } = await client.createJob(set.id, TASKS, { name: 'Turned' }));
  await client.finished(jobId, 60_000);
  for await (const item of client.results(jobId)) items.push(item);
  browser = await TestBrowser.start(system.url);
  page = await browser.openSignedIn('/jobs', system.apiKey);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

const boxesOf = (item: ItemResult): Box[] => item.answers.flatMap(({ boxes }) => boxes);

/** The part of a canvas that lies over a picture. */
interface Drawn {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of each pixel in one number, row by row; 0 where nothing is drawn. */
  readonly pixels: readonly number[];
  /** By how many CSS pixels an edge of it misses that edge of the picture, at most. */
  readonly aside: number;
  /** Pixels of the whole canvas that are drawn on and lie over no picture. */
  readonly strays: number;
  /** Of the picture below, in the size of the upright original: `r` where the browser shows red. */
  readonly picture: string;
}

/** What a canvas and a picture below it hold. Input: the element that has the picture, and the one with all of the canvas. */
async function readDrawn(place: string, whole = place): Promise<Drawn> {
  const read = await page.evaluate<Omit<Drawn, 'pixels'> & { pixels: string }>(`(async () => {
    const place = document.querySelector(${JSON.stringify(place)});
    const whole = place.closest(${JSON.stringify(whole)});
    const canvas = whole.querySelector('canvas');
    const image = place.querySelector('img');
    const images = [...whole.querySelectorAll('img')];
    await Promise.all(images.map((image) => image.decode()));
    const numbersOf = (canvas, { left, top, right, bottom }) => {
      const { data } = canvas.getContext('2d').getImageData(left, top, right - left, bottom - top);
      const view = new DataView(data.buffer);
      return Array.from({ length: data.length / 4 }, (_, i) => view.getUint32(i * 4));
    };
    const allOf = ({ width, height }) => ({ left: 0, top: 0, right: width, bottom: height });
    const copy = new OffscreenCanvas(${UPRIGHT.width}, ${UPRIGHT.height});
    copy.getContext('2d').drawImage(image, 0, 0, copy.width, copy.height);
    const looksRed = (pixel) => pixel >>> 24 > 180 && ((pixel >> 16) & 255) < 90 && ((pixel >> 8) & 255) < 90;
    const over = canvas.getBoundingClientRect();
    const [across, down] = [canvas.width / over.width, canvas.height / over.height];
    // Where the browser shows a picture, in pixels of the canvas.
    const shownAt = (image) => {
      const frame = image.getBoundingClientRect();
      const scale = Math.min(frame.width / image.naturalWidth, frame.height / image.naturalHeight);
      const [w, h] = [image.naturalWidth * scale, image.naturalHeight * scale];
      const [left, top] = [frame.left + (frame.width - w) / 2, frame.top + (frame.height - h) / 2];
      return {
        left: (left - over.left) * across,
        top: (top - over.top) * down,
        right: (left + w - over.left) * across,
        bottom: (top + h - over.top) * down,
      };
    };
    const rounded = (edges) => Object.fromEntries(Object.entries(edges).map(([name, at]) => [name, Math.round(at)]));
    const edges = shownAt(image);
    const part = rounded(edges);
    const all = numbersOf(canvas, allOf(canvas));
    const parts = images.map((image) => rounded(shownAt(image)));
    const isOver = (x, y) => parts.some(({ left, top, right, bottom }) => x >= left && x < right && y >= top && y < bottom);
    return {
      width: part.right - part.left,
      height: part.bottom - part.top,
      pixels: numbersOf(canvas, part).join(),
      aside: Math.max(
        Math.abs(part.left - edges.left) / across, Math.abs(part.top - edges.top) / down,
        Math.abs(part.right - edges.right) / across, Math.abs(part.bottom - edges.bottom) / down,
      ),
      strays: all.filter((pixel, i) => pixel > 0 && !isOver(i % canvas.width, Math.floor(i / canvas.width))).length,
      picture: numbersOf(copy, allOf(copy)).map((pixel) => (looksRed(pixel) ? 'r' : '.')).join(''),
    };
  })()`);
  // One text: tens of thousands of numbers on their own take seconds on the way.
  return { ...read, pixels: read.pixels.split(',').map(Number) };
}

/** The colour that the page itself says stands for a label. */
async function colours(): Promise<ReadonlyMap<string, number>> {
  const pairs = await page.evaluate<[string, string][]>(
    `[...document.querySelectorAll('.boxes button')].map((b) => [b.textContent.trim(), getComputedStyle(b.querySelector('i')).backgroundColor])`,
  );
  const opaque = (rgb: string): number =>
    rgb.match(/\d+/g)!.reduce((number, channel) => number * 256 + Number(channel), 0) * 256 + 255;
  return new Map(pairs.map(([label, rgb]) => [label, opaque(rgb)]));
}

/** What must be drawn, from the result's numbers alone: masks, then the lines of each box, just inside of it. */
function wantedOf(
  item: ItemResult,
  { width, height }: Drawn,
  line: number,
  colour: ReadonlyMap<string, number>,
): number[] {
  const wanted = Array.from({ length: width * height }, () => 0);
  const each = (paint: (x: number, y: number) => number | undefined): void => {
    for (let i = 0; i < wanted.length; i++) {
      wanted[i] = paint(i % width, Math.floor(i / width)) ?? wanted[i]!;
    }
  };
  for (const { mask, label } of boxesOf(item)) {
    if (mask === undefined) continue;
    const [rows, columns] = mask.rle.size;
    const bitmap = bitmapOf(decodeRuns(mask.rle));
    each((x, y) => {
      const column = Math.floor(((x + 0.5) * columns) / width);
      const row = Math.floor(((y + 0.5) * rows) / height);
      return bitmap[row * columns + column] === 1 ? colour.get(label) : undefined;
    });
  }
  const [across, down] = [width / item.image.width!, height / item.image.height!];
  for (const { pixels, label } of boxesOf(item)) {
    const [left, right] = [Math.round(pixels[0] * across), Math.round(pixels[2] * across)];
    const [top, bottom] = [Math.round(pixels[1] * down), Math.round(pixels[3] * down)];
    each((x, y) => {
      if (x < left || x >= right || y < top || y >= bottom) return undefined;
      const inside = Math.min(x - left, right - 1 - x, y - top, bottom - 1 - y);
      return inside < line ? colour.get(label) : undefined;
    });
  }
  return wanted;
}

/** Pixels that differ, as `x,y: drawn, not wanted`: a readable failure. */
function differences({ width, pixels }: Drawn, wanted: readonly number[]): string[] {
  expect(pixels.length).toBe(wanted.length);
  return wanted.flatMap((pixel, i) =>
    pixel === pixels[i]
      ? []
      : [
          `${i % width},${Math.floor(i / width)}: ${pixels[i]?.toString(16)}, not ${pixel.toString(16)}`,
        ],
  );
}

/** The picture below is red where the mask says so, and nowhere else; next to an edge it may be blurred. */
function strayRed({ picture }: Drawn): string[] {
  const { width } = UPRIGHT;
  return [...picture].flatMap((seen, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const near = [-4, 0, 4].flatMap((dx) => [-4, 0, 4].map((dy) => isRed(x + dx, y + dy)));
    if (near.every(Boolean)) return seen === 'r' ? [] : [`${x},${y} is not red`];
    return near.some(Boolean) || seen !== 'r' ? [] : [`${x},${y} is red`];
  });
}

it.each(ORIENTATIONS)('is answered in pixels of the upright picture: orientation %i', (o) => {
  const { image, answers } = items[o - 1]!;
  expect(image).toMatchObject({ name: `orientation-${o}.jpg`, ...UPRIGHT });
  const [red] = answers[0]!.boxes;
  expect(red!.mask!.rle.size).toEqual([UPRIGHT.height, UPRIGHT.width]);
  const bitmap = bitmapOf(decodeRuns(red!.mask!.rle));
  const wanted = [...bitmap.keys()].filter((i) =>
    isRed(i % UPRIGHT.width, Math.floor(i / UPRIGHT.width)),
  );
  expect([...bitmap.keys()].filter((i) => bitmap[i] === 1)).toEqual(wanted);
  expect(red!.pixels.map(Math.round)).toEqual([20, 12, 170, 130]);
});

describe.each(ORIENTATIONS)('an overlay over a picture of orientation %i', (o) => {
  let colour: ReadonlyMap<string, number>;

  it('is on the item page what the result says, pixel by pixel', async () => {
    const item = items[o - 1]!;
    await page.goto(`/jobs/${jobId}/items/${item.n}`);
    await page.getByText('About this image').waitFor();
    await page.getByLabel('masks').fill('100');
    colour = await colours();
    expect(colour.size).toBe(2);
    const drawn = await readDrawn('.item-canvas');
    expect({ width: drawn.width, height: drawn.height }).toEqual(UPRIGHT);
    expect(differences(drawn, wantedOf(item, drawn, ITEM_LINE, colour))).toEqual([]);
    expect(drawn.aside).toBeLessThan(0.5);
    expect(drawn.strays).toBe(0);
    expect(strayRed(drawn)).toEqual([]);
  });

  it('is in a tile of the gallery what the result says, pixel by pixel', async () => {
    const item = items[o - 1]!;
    await page.goto(`/jobs/${jobId}`);
    await page
      .locator('.tile[data-state=succeeded]')
      .nth(ORIENTATIONS.length - 1)
      .waitFor();
    await page.getByRole('slider', { name: 'masks' }).fill('100');
    const read = () => readDrawn(`.tile[href$="/items/${item.n}"]`, '.tile-row');
    // Drawn when the page is idle.
    await expect
      .poll(
        async () => {
          const drawn = await read();
          return differences(drawn, wantedOf(item, drawn, TILE_LINE, colour));
        },
        { timeout: 30_000 },
      )
      .toEqual([]);
    const drawn = await read();
    expect(drawn.width).toBeLessThan(UPRIGHT.width);
    expect(drawn.aside).toBeLessThan(0.5);
    expect(drawn.strays).toBe(0);
    expect(strayRed(drawn)).toEqual([]);
  });
});

it('shows half of a mask where half is asked for, and none where none is', async () => {
  await page.goto(`/jobs/${jobId}/items/0`);
  await page.getByText('About this image').waitFor();
  await page.getByRole('button', { name: 'boxes', exact: true }).click();
  await page.getByLabel('masks').fill('50');
  const { pixels } = await readDrawn('.item-canvas');
  const shown = pixels.flatMap((pixel, i) => (pixel === 0 ? [] : [i]));
  expect(shown.every((i) => isRed(i % UPRIGHT.width, Math.floor(i / UPRIGHT.width)))).toBe(true);
  expect(shown.length).toBe(boxesOf(items[0]!)[0]!.mask!.area);
  expect(new Set(shown.map((i) => pixels[i]! % 256))).toEqual(new Set([128]));
  await page.getByLabel('masks').fill('0');
  expect(new Set((await readDrawn('.item-canvas')).pixels)).toEqual(new Set([0]));
});

it('left nothing on the console but what comes before signing in', () => {
  expect(browser.complaints.filter((text) => !text.includes('401'))).toEqual([]);
});
