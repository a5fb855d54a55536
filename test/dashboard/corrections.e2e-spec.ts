import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Correction, Job, Task } from '#contracts';
import { TestClient } from '../rig/client.js';
import { REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';
import { axeViolations, NARROW, overhang, screenshot, TestBrowser, WIDE } from './browser.js';
import { HOSTILE_TEXTS, sprung } from './hostile-answers.js';

const TASKS: Task[] = [
  { type: 'caption', language: 'en' },
  { type: 'detect', labels: ['boat'] },
];

let system: System;
let client: TestClient;
let browser: TestBrowser;
let job: Job;
let itemPath: string;

beforeAll(async () => {
  system = await System.start();
  client = new TestClient(system.url, system.apiKey);
  const set = await client.createSet('Harbour');
  const scene = join(REPOSITORY, 'examples', 'scenes', 'scene-1.jpg');
  await client.upload(set.id, [{ name: 'quay.jpg', bytes: await readFile(scene) }]);
  const { id } = await client.createJob(set.id, TASKS, { name: 'Boats' });
  job = await client.finished(id, 120_000);
  itemPath = `/jobs/${job.id}/items/0`;
  browser = await TestBrowser.start(system.url);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

async function answersOf(): Promise<Answer[]> {
  for await (const item of client.results(job.id)) return item.answers;
  return [];
}

const kept = async (): Promise<Correction[]> =>
  (await client.request<{ data: Correction[] }>('GET', `/v1/jobs/${job.id}/corrections`)).data;

describe('a wrong answer', () => {
  it('is corrected by keyboard alone, and becomes a line to train on', async () => {
    const page = await browser.openSignedIn(itemPath, system.apiKey);
    const [caption, detect] = [page.locator('.answer').nth(0), page.locator('.answer').nth(1)];
    await caption.getByRole('button', { name: 'Correct' }).press('Enter');
    await page.getByLabel('The right answer').fill('two boats at a quay');
    await page.getByRole('button', { name: 'Save the correction' }).press('Enter');
    await caption.getByRole('heading', { name: 'Corrected' }).waitFor();

    await detect.getByRole('button', { name: 'Correct' }).press('Enter');
    await page.getByRole('button', { name: 'Add a box' }).press('Enter');
    await page.getByLabel('Box 1: label').fill('fishing boat');
    // The test engine says that every picture is a single pixel.
    await page.getByLabel('Box 1: left, pixels').fill('1');
    await page.getByLabel('Box 1: left, pixels').fill('0');
    await screenshot(page, 'correction-boxes');
    await page.getByRole('button', { name: 'Save the correction' }).press('Enter');
    const line = detect.getByLabel('Training line', { exact: true });
    await line.waitFor();

    const prefixes = (await answersOf()).map(({ prompt }) => prompt);
    const lines = [
      { image: 'quay.jpg', prefix: prefixes[0], suffix: 'two boats at a quay' },
      {
        image: 'quay.jpg',
        prefix: prefixes[1],
        suffix: '<loc0256><loc0000><loc0768><loc0768> fishing boat',
      },
    ];
    expect((await kept()).map((correction) => correction.line)).toEqual(lines);
    expect(JSON.parse((await line.textContent())!)).toEqual(lines[1]);

    await page.goto(`/jobs/${job.id}?tab=details`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'corrections' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    expect(text).toBe(lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  });

  it('shows the correction beside what the model said, to whoever may only read, too', async () => {
    const page = await browser.openSignedIn(itemPath, system.apiKey);
    await page.route('**/v1/session', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), scopes: ['read'] } });
    });
    await page.reload();
    await page.getByText('two boats at a quay').first().waitFor();
    const said = (await answersOf())[0]!.text;
    await page.getByText(said, { exact: true }).first().waitFor();
    expect(await page.getByRole('button', { name: /Correct|Take it back/ }).count()).toBe(0);
  });

  it.each([
    ['light', WIDE],
    ['dark', WIDE],
    ['light', NARROW],
    ['dark', NARROW],
  ] as const)('can be corrected by everybody (%s, %o)', async (theme, size) => {
    const page = await browser.openSignedIn(itemPath, system.apiKey, { theme, size });
    await page.locator('.answer').nth(1).getByRole('button', { name: 'Correct again' }).click();
    await page.getByLabel('Box 1: label').waitFor();
    // Wherever the click has scrolled to, the bar at the top of the window may cover half of a button.
    await page.evaluate('scrollTo(0, 0)');
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `correction-${theme}-${size.width}`);
    await page.close();
  });

  it('is text, whatever somebody wrote, and is taken back', async () => {
    const page = await browser.openSignedIn(itemPath, system.apiKey, { size: NARROW });
    for (const text of Object.values(HOSTILE_TEXTS).filter((each) => !each.includes('\0'))) {
      const body = { n: 0, task: 0, text };
      await client.request('PUT', `/v1/jobs/${job.id}/corrections`, body);
      await page.reload();
      const shown = page.locator('.corrected .answer-text');
      await expect
        .poll(async () => (await shown.allTextContents()).join(), { timeout: 30_000 })
        .toBe(text.trim());
      expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
      expect(await overhang(page)).toBe(0);
    }
    await page.getByRole('button', { name: 'Take it back' }).first().press('Enter');
    const tasks = async () => (await kept()).map(({ task }) => task);
    await expect.poll(tasks, { timeout: 30_000 }).toEqual([1]);
    const left = () => page.getByRole('heading', { name: 'Corrected' }).count();
    await expect.poll(left, { timeout: 30_000 }).toBe(1);
  });
});

it('left nothing on the console but what comes before signing in', () => {
  expect(browser.complaints.filter((text) => !text.includes('401'))).toEqual([]);
});
