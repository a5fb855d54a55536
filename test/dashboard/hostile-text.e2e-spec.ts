import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job, Task } from '#contracts';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';
import { NARROW, overhang, screenshot, TestBrowser, type Page } from './browser.js';
import { answerWith, HOSTILE_TEXTS, sprung, writeAsMarkup } from './hostile-answers.js';

let system: System;
let browser: TestBrowser;
let page: Page;
let job: Job;
let text = '';

beforeAll(async () => {
  system = await System.start();
  const client = new TestClient(system.url, system.apiKey);
  const set = await client.createSet('Harbour');
  const images = [tinyImage(0), tinyImage(1), tinyImage(2, 'PALLET-TEST-REFUSE')];
  await client.upload(set.id, images);
  const tasks: Task[] = [
    { type: 'answer', question: 'Is a boat there?', language: 'en' },
    { type: 'detect', labels: ['boat'] },
  ];
  const { id } = await client.createJob(set.id, tasks, {
    name: 'Boats',
    metadata: { place: 'beach' },
  });
  job = await client.finished(id, 60_000);
  browser = await TestBrowser.start(system.url);
  page = await browser.openSignedIn('/jobs', system.apiKey, { size: NARROW });
  await answerWith(page, () => text);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

/** Custom id and metadata of an image. */
const ABOUT = 'section[aria-labelledby=facts] dd';

/** The places of each page where the words of others stand. */
const PLACES: readonly (readonly [string, () => string, readonly string[]])[] = [
  ['list', () => '/jobs', ['.job-name a', '.tasks']],
  ['job', () => `/jobs/${job.id}`, ['h1', '.causes p', '.causes .names', '.tile-name', '.chip']],
  ['details', () => `/jobs/${job.id}?tab=details`, ['.task-list', '.facts dd', '.code']],
  [
    'item',
    () => `/jobs/${job.id}/items/0`,
    ['h1', '.answer-text', '.warning', '.box-label', '.raw', ABOUT],
  ],
  ['failed item', () => `/jobs/${job.id}/items/2`, ['h1', '.failure p']],
];

async function expectHarmless(): Promise<void> {
  expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
  expect(await overhang(page)).toBe(0);
}

describe.each(Object.entries(HOSTILE_TEXTS))('%s', (name, hostile) => {
  it.each(PLACES)('is text on the page: %s', async (pageName, path, places) => {
    text = hostile;
    await page.goto(path());
    for (const place of places) {
      const shown = () => page.locator(place).allTextContents();
      // The command line and the calls write it quoted; there it need not stand in one piece.
      const wanted = place === '.code' ? hostile.slice(0, 1) : hostile;
      await expect
        .poll(async () => (await shown()).join(), { message: place, timeout: 30_000 })
        .toContain(wanted);
    }
    await expectHarmless();
    await screenshot(page, `hostile-${name}-${pageName}`.replaceAll(' ', '-'), false);
  });
});

it('would be noticed if it were more than text', async () => {
  // Without the policy of our pages, which refuses markup in any case.
  const unguarded = await page.context().newPage();
  for (const name of ['an image that fails', 'the end of a script', 'an address that runs']) {
    await unguarded.goto('about:blank');
    await writeAsMarkup(unguarded, HOSTILE_TEXTS[name]!);
    expect((await sprung(unguarded)).elements).toBe(1);
  }
  await writeAsMarkup(unguarded, HOSTILE_TEXTS['an image that fails']!);
  await expect.poll(async () => (await sprung(unguarded)).scripts).toBe(1);
});
