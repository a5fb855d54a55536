import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ItemResult, Job, Task } from '#contracts';
import { TestClient } from '../rig/client.js';
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
import { answerWith, HOSTILE_TEXTS, sprung } from './hostile-answers.js';
import { uprightPicture } from './upright-picture.js';

const TASKS: Task[] = [
  { type: 'segment', label: 'red' },
  { type: 'detect', labels: ['blue', 'red'], max_tokens: 77 },
];

let system: System;
let client: TestClient;
let browser: TestBrowser;
let job: Job;
let path: string;

beforeAll(async () => {
  system = await System.start({ engine: 'colour-engine' });
  client = new TestClient(system.url, system.apiKey);
  const set = await client.createSet('Blocks');
  const bytes = await uprightPicture(6);
  const other = Buffer.concat([bytes, Buffer.from('another')]);
  const files = [bytes, other].map((each, n) => ({ name: `block-${n}.jpg`, bytes: each }));
  await client.upload(set.id, files);
  const { id } = await client.createJob(set.id, TASKS, { name: 'Blocks' });
  job = await client.finished(id, 60_000);
  path = `/jobs/${job.id}/items/1`;
  browser = await TestBrowser.start(system.url);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

async function results(): Promise<ItemResult[]> {
  const items: ItemResult[] = [];
  for await (const item of client.results(job.id)) items.push(item);
  return items;
}

/** How many pixels of the overlay hold something. */
const drawn = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector('.item-canvas canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  })()`);

/** The second answer of the page, with its form open. */
async function openForm(page: Page) {
  const answer = page.locator('.answer').nth(1);
  await answer.getByRole('button', { name: 'Change and ask again' }).press('Enter');
  return answer;
}

describe('a task that is changed and asked again', () => {
  it('is answered beside the old answer, by keyboard alone, and the job stays as it was', async () => {
    const before = await results();
    const page = await browser.openSignedIn(path, system.apiKey);
    const answer = await openForm(page);
    const words = answer.getByLabel('Things, separated by ;');
    expect(await words.inputValue()).toBe('blue ; red');
    const asked = page.waitForRequest('**/v1/jobs/preview');
    const wasDrawn = await drawn(page);
    await words.fill('red');
    await words.press('Enter');
    expect((await asked).postDataJSON()).toMatchObject({
      images: [1],
      model: job.model,
      tasks: [{ type: 'detect', labels: ['red'], max_tokens: 77 }],
    });
    const [old, now] = [
      answer.getByRole('group', { name: 'Before' }),
      answer.getByRole('group', { name: 'Now' }),
    ];
    await now.getByText('now: detect red').waitFor();
    expect(await old.locator('.boxes button').allTextContents()).toEqual([' blue', ' red']);
    expect(await now.locator('.boxes button').allTextContents()).toEqual([' red']);
    await expect.poll(() => drawn(page)).toBeLessThan(wasDrawn);
    const isDrawn = await drawn(page);
    const shown = now.getByRole('group', { name: 'On the picture' });
    await shown.getByRole('button', { name: 'before' }).press('Enter');
    await expect.poll(() => drawn(page)).toBe(wasDrawn);
    await shown.getByRole('button', { name: 'now' }).press('Enter');
    await expect.poll(() => drawn(page)).toBe(isDrawn);
    expect(await results()).toEqual(before);
    const { data } = await client.request<{ data: Job[] }>('GET', '/v1/jobs');
    expect(data.map(({ id }) => id)).toEqual([job.id]);
  });

  it('may become words of the reader, which begin with what the model was asked', async () => {
    const page = await browser.openSignedIn(path, system.apiKey);
    const answer = await openForm(page);
    await answer.getByLabel('Kind of task').selectOption('Prompt');
    const words = answer.getByLabel('Prompt', { exact: true });
    expect(await words.inputValue()).toBe((await results())[1]!.answers[1]!.prompt);
    await words.fill('');
    expect(await answer.getByRole('button', { name: 'Ask again', exact: true }).isDisabled()).toBe(
      true,
    );
    await words.fill('describe en');
    await words.press('Enter');
    await answer.getByText('now: prompt describe en').waitFor();
    await answer.getByRole('button', { name: 'Close' }).press('Enter');
    // What was found stays, and is gone with the page.
    await answer.getByText('now: prompt describe en').waitFor();
    await page.keyboard.press('[');
    await page.getByText('1 of 2').waitFor();
    expect(await page.getByRole('group', { name: 'Now' }).count()).toBe(0);
  });

  it('says so when nobody answers, and when it is refused', async () => {
    const page = await browser.openSignedIn(path, system.apiKey);
    const answer = await openForm(page);
    await page.route('**/v1/jobs/preview', async (route) => {
      const late = { object: 'job_preview', samples: [], samples_left: 1, estimate: null };
      await route.fulfill({ json: late });
    });
    await answer.getByRole('button', { name: 'Ask again', exact: true }).press('Enter');
    await answer.getByRole('alert').getByText('No answer came in time').waitFor();
    await page.unroute('**/v1/jobs/preview');
    await answer.getByLabel('Things, separated by ;').fill('W'.repeat(200));
    await answer.getByRole('button', { name: 'Ask again', exact: true }).press('Enter');
    await answer.getByRole('alert').getByText('request.invalid').waitFor();
  });

  it('is not there for a key that may only read', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await page.route('**/v1/session', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), scopes: ['read'] } });
    });
    await page.goto(path);
    await page.getByText('About this image').waitFor();
    expect(await page.getByRole('button', { name: 'Change and ask again' }).count()).toBe(0);
  });

  it.each([
    ['light', WIDE],
    ['dark', WIDE],
    ['light', NARROW],
    ['dark', NARROW],
  ] as const)('can be compared by everybody (%s, %o)', async (theme, size) => {
    const page = await browser.openSignedIn(path, system.apiKey, { theme, size });
    const answer = await openForm(page);
    await answer.getByLabel('Things, separated by ;').fill('red');
    await page.keyboard.press('Enter');
    await answer.getByText('now: detect red').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `ask-again-${theme}-${size.width}`);
    await page.close();
  });

  it('is text, whatever it is answered', async () => {
    const page = await browser.openSignedIn(path, system.apiKey, { size: NARROW });
    const answer = await openForm(page);
    let said = '';
    await answerWith(page, () => said);
    await answer.getByLabel('Things, separated by ;').fill('green');
    for (const text of Object.values(HOSTILE_TEXTS)) {
      said = text;
      // The answer before is there a moment before the next may be asked for.
      await answer.getByRole('button', { name: 'Ask again', exact: true }).waitFor();
      await page.keyboard.press('Enter');
      const now = answer.getByRole('group', { name: 'Now' }).locator('.answer-text');
      await expect.poll(() => now.allTextContents(), { timeout: 30_000 }).toEqual([text]);
      expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
      expect(await overhang(page)).toBe(0);
    }
  });
});

it('left nothing on the console but what comes before signing in, and the refusal', () => {
  expect(browser.complaints.filter((text) => !/401|400/.test(text))).toEqual([]);
});
