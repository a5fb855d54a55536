import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ItemResult } from '#contracts';
import { TestClient } from '../rig/client.js';
import { REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';
import {
  axeViolations,
  NARROW,
  overhang,
  screenshot,
  TestBrowser,
  WIDE,
  type Page,
} from './browser.js';

const SCENES = join(REPOSITORY, 'examples', 'scenes');

let system: System;
let client: TestClient;
let browser: TestBrowser;

beforeAll(async () => {
  system = await System.start({
    model: { directory: join(REPOSITORY, 'demo/model'), name: 'demo' },
  });
  client = new TestClient(system.url, system.apiKey);
  browser = await TestBrowser.start(system.url);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

const scenes = async (): Promise<string[]> =>
  (await readdir(SCENES)).filter((name) => name.endsWith('.jpg')).map((name) => join(SCENES, name));

/** The job that the page shows. */
const jobOf = (page: Page): string => /job_\w+/.exec(page.url())![0];

async function results(jobId: string): Promise<ItemResult[]> {
  const items: ItemResult[] = [];
  for await (const item of client.results(jobId)) items.push(item);
  return items;
}

let jobId: string;

describe('from pictures to answers', () => {
  it('leads from dropped files over a few answers to all of them', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await page.getByRole('link', { name: 'Begin with some pictures' }).click();
    await page.getByLabel('Pictures or an archive').setInputFiles(await scenes());
    await page.getByRole('status').getByText('8 images').waitFor();
    await page.getByRole('button', { name: '+ Detect' }).click();
    await page.getByLabel('Detect: Things').fill('dog ; car ; house ; tree');
    await page.getByRole('button', { name: '+ Segment' }).click();
    await page.getByLabel('Segment: Thing').fill('car');
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'start');
    await page.getByRole('button', { name: 'See a few answers first' }).click();
    await page.getByRole('heading', { name: 'A few answers' }).waitFor({ timeout: 90_000 });
    expect((await client.request<{ data: unknown[] }>('GET', '/v1/jobs')).data).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'start-samples');
    await page.getByRole('button', { name: 'Start with 8 images' }).click();
    await page.locator('.job-head').getByText('succeeded').waitFor({ timeout: 300_000 });
    jobId = jobOf(page);
    expect((await client.job(jobId)).item_counts).toMatchObject({ total: 8, succeeded: 8 });
    await expect.poll(() => page.locator('.tile[data-state=succeeded]').count()).toBe(8);
  });

  it('shows a picture that was dropped, not only chosen', async () => {
    const page = await browser.openSignedIn('/new', system.apiKey);
    const bytes = [...(await readFile((await scenes())[0]!))];
    const data = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      const bytes = new Uint8Array(${JSON.stringify(bytes)});
      transfer.items.add(new File([bytes], 'a.jpg', { type: 'image/jpeg' }));
      return transfer;
    })()`);
    await page.dispatchEvent('.drop-zone', 'drop', { dataTransfer: data });
    await page.getByRole('status').getByText('1 image', { exact: true }).waitFor();
  });
});

describe('the gallery', () => {
  it.each([
    ['light', WIDE],
    ['dark', WIDE],
    ['light', NARROW],
    ['dark', NARROW],
  ] as const)('can be read by everybody (%s, %o)', async (theme, size) => {
    const page = await browser.openSignedIn(`/jobs/${jobId}`, system.apiKey, { theme, size });
    await page.locator('.tile img').first().waitFor();
    await picturesShown(page);
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `gallery-${theme}-${size.width}`);
    await page.locator('.tile').first().click();
    await page.getByText('About this image').waitFor();
    const facts = page.getByRole('region', { name: 'About this image' });
    expect(await facts.textContent()).toMatch(/Worker.+wrk_[0-9a-f]{32}.*Leased.+Ended/);
    await picturesShown(page);
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `item-${theme}-${size.width}`);
    await page.close();
  });

  it('is narrowed by a label to the images that have it', async () => {
    const page = await browser.openSignedIn(`/jobs/${jobId}`, system.apiKey);
    const chip = page.locator('.chip').first();
    await chip.click();
    await page.waitForURL(/label=/);
    const label = new URL(page.url()).searchParams.get('label')!;
    const having = (await results(jobId)).filter(({ answers }) =>
      answers.some(({ boxes }) => boxes.some((box) => box.label === label)),
    );
    await expect.poll(() => page.locator('.tile').count()).toBe(having.length);
  });
});

describe('an image', () => {
  it('is found by its name from the keyboard, and the address says so', async () => {
    const [first] = await results(jobId);
    const page = await browser.openSignedIn(`/jobs/${jobId}`, system.apiKey);
    await page.locator('.tile').nth(1).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(`"${first!.image.name}"`);
    await page.waitForURL(/image=/);
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
    await page.reload();
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
    expect(await page.locator('.tile-name').textContent()).toBe(first!.image.name);
    await page.getByRole('searchbox').fill('no such name');
    await page.getByText('No image is like that.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });
});

describe('a label that hardly any image has', () => {
  it('is looked for in a large job no further than somebody wants', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    let asked = 0;
    // Nothing comes of the stream: when it begins, the page asks once more for all that it has.
    await page.route('**/v1/events', () => undefined);
    // Pages without an end, as those of a job are that nobody waits for.
    await page.route(/\/results\?limit=200/, (route) => {
      asked += 1;
      return route.fulfill({ json: { object: 'list', data: [], next_cursor: `page-${asked}` } });
    });
    await page.goto(`/jobs/${jobId}?label=unheard-of`);
    const further = page.getByRole('button', { name: 'Look further' });
    await further.waitFor();
    expect(asked).toBe(10);
    await further.press('Enter');
    await expect.poll(() => asked, { timeout: 30_000 }).toBe(20);
    await further.waitFor();
    expect(asked).toBe(20);
    await page.close();
  });
});

describe('an item', () => {
  it('has every box where the result says, to the pixel', async () => {
    const page = await browser.openSignedIn(`/jobs/${jobId}`, system.apiKey);
    let looked = 0;
    for (const item of await results(jobId)) {
      const boxes = item.answers.flatMap((answer) => answer.boxes);
      if (boxes.length === 0) continue;
      await page.goto(`/jobs/${jobId}/items/${item.n}`);
      await page.getByText('About this image').waitFor();
      await page.getByLabel('masks').fill('0');
      const drawn = await drawnEdges(page);
      expect([drawn.width, drawn.height]).toEqual([item.image.width, item.image.height]);
      const wanted = new Set<string>();
      for (const { pixels } of boxes) {
        const [x1, y1, x2, y2] = pixels.map(Math.round) as [number, number, number, number];
        for (let x = x1; x < x2; x++) wanted.add(`${x},${y1}`).add(`${x},${y2 - 1}`);
        for (let y = y1; y < y2; y++) wanted.add(`${x1},${y}`).add(`${x2 - 1},${y}`);
      }
      const isDrawn = new Set(drawn.pixels);
      expect([...wanted].filter((pixel) => !isDrawn.has(pixel))).toEqual([]);
      // Nothing lies outside of all boxes.
      const isInside = (pixel: string): boolean => {
        const [x, y] = pixel.split(',').map(Number) as [number, number];
        return boxes.some(
          ({ pixels: [x1, y1, x2, y2] }) =>
            x >= Math.round(x1) && x < Math.round(x2) && y >= Math.round(y1) && y < Math.round(y2),
        );
      };
      expect(drawn.pixels.filter((pixel) => !isInside(pixel))).toEqual([]);
      looked += 1;
    }
    expect(looked).toBeGreaterThan(3);
  });

  it('leads to its neighbours by keys', async () => {
    const page = await browser.openSignedIn(`/jobs/${jobId}/items/0`, system.apiKey);
    await page.getByText('1 of 8').waitFor();
    await page.keyboard.press(']');
    await page.getByText('2 of 8').waitFor();
    await page.keyboard.press('[');
    await page.getByText('1 of 8').waitFor();
  });
});

/** `waitForFunction` evaluates strings in the page, which its policy forbids. */
async function picturesShown(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate('[...document.images].every((image) => image.complete)'))
    .toBe(true);
}

/** Pixels of the overlay that something was drawn on, as `x,y`. */
const drawnEdges = (page: Page) =>
  page.evaluate<{ width: number; height: number; pixels: string[] }>(`(() => {
    const canvas = document.querySelector('.item-canvas canvas');
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    const pixels = [];
    for (let i = 0; i < width * height; i++) {
      if (data[i * 4 + 3] > 0) pixels.push((i % width) + ',' + Math.floor(i / width));
    }
    return { width, height, pixels };
  })()`);

it('left nothing on the console', () => {
  expect(browser.complaints.filter((text) => !text.includes('401'))).toEqual([]);
});
