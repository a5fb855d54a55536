import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job, Task } from '#contracts';
import { TestClient } from '../rig/client.js';
import { pausedJob } from '../rig/paused-job.js';
import { System } from '../rig/system.js';
import { axeViolations, NARROW, screenshot, TestBrowser, WIDE, type Page } from './browser.js';
import { shiftsOf, sumOf, watchShifts } from './layout-shift.js';
import { uprightPicture } from './upright-picture.js';

/** What may move by itself on a page, from its first paint to the end of the story. */
const MOST = 0.05;
const IMAGES = 96;
/** From one turn of the wheel to the next, milliseconds. */
const TURN_MS = 20;
/** A clock is stopped only where it will be: at a time that a slow machine does not reach before. Milliseconds. */
const PAUSED_IN_MS = 600_000;
const TASKS: Task[] = [
  { type: 'detect', labels: ['blue', 'red'] },
  { type: 'caption', language: 'en' },
];

let system: System;
let client: TestClient;
let browser: TestBrowser;
let picture: Buffer;

beforeAll(async () => {
  system = await System.start({ engine: 'colour-engine', itemMs: 150 });
  client = new TestClient(system.url, system.apiKey);
  picture = await uprightPicture(6);
  browser = await TestBrowser.start(system.url);
  const earlier = await Promise.all([0, 1, 2, 3, 4].map((n) => startJob(`Earlier ${n}`, 3)));
  await Promise.all(earlier.map(({ id }) => client.finished(id, 60_000)));
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

/** Pictures that differ in what decoders skip; the last three are cut off. */
async function startJob(name: string, images: number, isPaused = false): Promise<Job> {
  const set = await client.createSet(name);
  const files = Array.from({ length: images }, (_, n) => {
    const part = n < images - 3 ? picture : picture.subarray(0, picture.length / 2);
    return { name: `${name}-${n}.jpg`, bytes: Buffer.concat([part, Buffer.from(`${name} ${n}`)]) };
  });
  await client.upload(set.id, files);
  const make = () => client.createJob(set.id, TASKS, { name });
  return isPaused ? pausedJob(system, client, make) : make();
}

/** A page of somebody who has signed in, loaded anew with an eye on what moves. */
async function openWatched(path: string, size: typeof WIDE): Promise<Page> {
  const page = await browser.openSignedIn('/jobs', system.apiKey, { size });
  await watchShifts(page);
  await page.goto(path);
  return page;
}

/** Those in the window; others wait until they come near it. */
const PICTURES_SHOWN = `[...document.images].every((image) => {
  const { top, bottom } = image.getBoundingClientRect();
  return image.complete || bottom < 0 || top > innerHeight;
})`;

async function expectStill(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(PICTURES_SHOWN), { timeout: 30_000 }).toBe(true);
  const shifts = await shiftsOf(page);
  expect(sumOf(shifts) <= MOST ? [] : shifts).toEqual([]);
  await page.close();
}

describe.each([WIDE, NARROW])('by itself hardly anything moves (%o)', (size) => {
  it('on the list of jobs while one goes on and another comes', async () => {
    const { id } = await startJob(`Live ${size.width}`, 32, true);
    const page = await openWatched('/jobs', size);
    const row = page.getByRole('listitem').filter({ hasText: `Live ${size.width}` });
    await row.getByText('paused').waitFor();
    await client.request('POST', `/v1/jobs/${id}/resume`);
    await row.getByText('partly failed').waitFor({ timeout: 60_000 });
    await startJob(`Arrival ${size.width}`, 4);
    await page.getByRole('button', { name: '1 new job' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, `jobs-arrival-${size.width}`, false);
    await expectStill(page);
  });

  it('on the page of a job from before its first answer until after its last', async () => {
    const job = await startJob(`Watched ${size.width}`, IMAGES, true);
    const page = await openWatched(`/jobs/${job.id}`, size);
    await page.getByText('waiting for a worker').waitFor();
    await client.request('POST', `/v1/jobs/${job.id}/resume`);
    await page.getByText('time left').waitFor();
    await page.locator('.tile-row canvas').first().waitFor();
    await page.locator('.job-head').getByText('partly failed').waitFor({ timeout: 90_000 });
    await page.getByText('image.undecodable').first().waitFor();
    await expectStill(page);
  });

  it('in the gallery of a job that has ended, and as it is scrolled', async () => {
    const { data } = await client.request<{ data: Job[] }>('GET', '/v1/jobs?name=Watched');
    const page = await openWatched(`/jobs/${data[0]!.id}`, size);
    await page.locator('.tile-row canvas').first().waitFor();
    const last = page.locator(`.tile[href$="/items/${IMAGES - 1}"]`);
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, 700);
          return last.count();
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    await expectStill(page);
  });

  it('on the page of an image', async () => {
    const { data } = await client.request<{ data: Job[] }>('GET', '/v1/jobs?name=Watched');
    const page = await openWatched(`/jobs/${data[0]!.id}/items/1`, size);
    await page.getByText('About this image').waitFor();
    await expectStill(page);
  });

  it('on the way from pictures to a few answers', async () => {
    const page = await openWatched('/new', size);
    const buffer = Buffer.concat([picture, Buffer.from(`start ${size.width}`)]);
    const file = { name: 'one.jpg', mimeType: 'image/jpeg', buffer };
    await page.getByLabel('Pictures or an archive').setInputFiles([file]);
    await page.getByRole('status').getByText('1 image').waitFor();
    await page.getByRole('button', { name: 'See a few answers first' }).click();
    await page.getByRole('heading', { name: 'A few answers' }).waitFor({ timeout: 60_000 });
    await expectStill(page);
  });
});

it('a gallery that is flung loads the pictures that it comes to rest at, and few that it flies past', async () => {
  const job = await startJob('Flung', 1_200, true);
  const page = await browser.openSignedIn('/jobs', system.apiKey, { size: WIDE });
  const asked = new Set<string>();
  page.on('request', (request) => {
    if (request.url().includes('/thumbnail')) asked.add(request.url());
  });
  await page.goto(`/jobs/${job.id}`);
  await page.locator('.tile img').first().waitFor();
  await page.mouse.move(700, 600);
  const top = (): Promise<number> =>
    page.evaluate(
      `Number([...document.querySelectorAll('.tile')].find((tile) => tile.getBoundingClientRect().bottom > 0)?.dataset.n)`,
    );
  const scrolled = (): Promise<number> => page.evaluate('scrollY');
  // By a clock that goes on with the wheel: how fast a machine turns it does not decide whether that is a fling.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + PAUSED_IN_MS);
  while ((await top()) < 800) {
    const from = await scrolled();
    await page.mouse.wheel(0, 800);
    await expect.poll(scrolled, { interval: 5, timeout: 30_000 }).toBeGreaterThan(from);
    await page.clock.runFor(TURN_MS);
  }
  await page.clock.resume();
  await expect
    .poll(
      () =>
        page.evaluate(`[...document.querySelectorAll('.tile')].every((tile) => {
          const { top, bottom } = tile.getBoundingClientRect();
          return bottom < 0 || top > innerHeight || tile.querySelector('img')?.complete;
        })`),
      { timeout: 30_000 },
    )
    .toBe(true);
  expect(asked.size).toBeGreaterThan(20);
  expect(asked.size).toBeLessThan(400);
  await client.request('POST', `/v1/jobs/${job.id}/cancel`);
  await page.close();
});

it('would be noticed if something moved', async () => {
  const page = await openWatched('/jobs', WIDE);
  await page.getByText('Earlier 0').waitFor();
  await page.evaluate(`(() => {
    const block = document.createElement('div');
    block.style.height = '200px';
    document.querySelector('.job-list').before(block);
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  })()`);
  await expect.poll(async () => sumOf(await shiftsOf(page))).toBeGreaterThan(MOST);
});
