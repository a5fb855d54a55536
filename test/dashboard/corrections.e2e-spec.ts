import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Answer,
  Correction,
  FilePage,
  FineTuning,
  FineTuningPage,
  ImageSet,
  Job,
  Task,
} from '#contracts';
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
import { answerWith, HOSTILE_TEXTS, sprung } from './hostile-answers.js';

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

const VIEWS = [
  ['light', WIDE],
  ['dark', WIDE],
  ['light', NARROW],
  ['dark', NARROW],
] as const;

/** The page as whoever has a key of scope `read` sees it. */
async function openAsReader(path: string): Promise<Page> {
  const page = await browser.openSignedIn(path, system.apiKey);
  await page.route('**/v1/session', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), scopes: ['read'] } });
  });
  await page.reload();
  return page;
}

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
    const page = await openAsReader(itemPath);
    await page.getByText('two boats at a quay').first().waitFor();
    const said = (await answersOf())[0]!.text;
    await page.getByText(said, { exact: true }).first().waitFor();
    expect(await page.getByRole('button', { name: /Correct|Take it back/ }).count()).toBe(0);
  });

  it.each(VIEWS)('can be corrected by everybody (%s, %o)', async (theme, size) => {
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
});

describe('corrections', () => {
  const newRun = () => `/operate/models/new?job=${job.id}`;
  const start = (page: Page, how = {}) =>
    page.getByRole('button', { name: 'Start the run', ...how });
  /** By keyboard; while the job is not known yet, a key that comes does nothing. */
  const pressStart = (page: Page) => start(page, { disabled: false }).press('Enter');

  beforeAll(async () => {
    const right = { box: [0, 0.25, 0.75, 0.75], label: 'fishing boat' };
    for (const said of [{ text: 'two boats at a quay' }, { boxes: [right] }]) {
      const task = 'text' in said ? 0 : 1;
      await client.request('PUT', `/v1/jobs/${job.id}/corrections`, { n: 0, task, ...said });
    }
    const bases = join(system.directory, 'bases');
    const checkpoint = join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma');
    await cp(checkpoint, join(bases, 'tiny'), { recursive: true });
    await system.startTrainer({ BASES_DIRECTORY: bases, CLAIM_MS: '100', ENGINE_MODULE: '' });
  });

  it('become a run that a trainer takes and ends, by keyboard alone', async () => {
    const page = await browser.openSignedIn(`/jobs/${job.id}?tab=details`, system.apiKey);
    const link = page.getByRole('link', { name: 'Fine-tune on these' });
    await link.waitFor();
    await screenshot(page, 'correction-exports');
    await link.press('Enter');
    await page.getByText('2 corrections').waitFor();
    expect(await page.getByLabel('Base').inputValue()).toBe('tiny');
    await page.getByLabel('Held-out examples').selectOption('A file from this computer');
    const lines = (await kept()).map(({ line }) => `${JSON.stringify(line)}\n`);
    const heldOut = { name: 'held-out.jsonl', mimeType: '', buffer: Buffer.from(lines[0]!) };
    await page.getByLabel('Held-out examples: file').setInputFiles(heldOut);
    await page.getByLabel('Epochs').fill('0');
    await page.getByLabel('Name').fill('Boats at a quay');
    await pressStart(page);
    const refused = page.locator('[aria-invalid="true"]');
    await refused.first().waitFor();
    expect(await refused.count()).toBe(2);
    expect(await page.locator('.field', { has: refused }).allTextContents()).toEqual([
      expect.stringMatching(/^Epochs.*>=1/),
      expect.stringMatching(/^Name.*small letters, digits and hyphens/),
    ]);
    await page.getByLabel('Epochs').and(page.locator(':focus')).waitFor();

    await page.getByLabel('Epochs').fill('4');
    await page.getByText('Default: 2').waitFor();
    await page.getByLabel('Name').fill('boats');
    await page.getByLabel('Name').press('Enter');
    await page.waitForURL(/\/operate\/models\/ft_/);
    await page.getByText('succeeded').waitFor({ timeout: 300_000 });
    await page.getByText('Jobs may name ft-tiny-boats').waitFor();

    const runs = await client.request<FineTuningPage>('GET', '/v1/fine-tuning/jobs');
    const [run] = runs.data as [FineTuning];
    expect(run).toMatchObject({
      model: 'tiny',
      image_set: job.image_set,
      method: { type: 'lora', rank: 16 },
      hyperparameters: { epochs: 4, batch_size: 2, text_tokens: 128, learning_rate: 1e-4 },
      step: 4,
      error: null,
    });
    // The order that was refused had sent them: they are not sent again.
    const files = await client.request<FilePage>('GET', '/v1/files?purpose=fine-tune');
    expect(files.data.map(({ id }) => id)).toEqual([run.validation_file, run.training_file]);
    const sent = await fetch(`${system.url}/v1/files/${run.training_file}/content`, {
      headers: { authorization: `Bearer ${system.apiKey}` },
    });
    expect(await sent.text()).toBe(lines.join(''));
  });

  it('were sent before, and are trained on again over another set, which is sealed', async () => {
    const set = await client.createSet('Another harbour');
    const scene = join(REPOSITORY, 'examples', 'scenes', 'scene-2.jpg');
    await client.upload(set.id, [{ name: 'quay.jpg', bytes: await readFile(scene) }]);
    const page = await browser.openSignedIn('/operate/models', system.apiKey);
    await page.getByRole('link', { name: 'New run' }).press('Enter');
    const files = await client.request<FilePage>('GET', '/v1/files?purpose=fine-tune');
    const sent = files.data.find(({ filename }) => filename.endsWith('-corrections.jsonl'))!;
    await page.getByLabel('Examples', { exact: true }).selectOption({ value: sent.id });
    await page.getByLabel('Pictures').selectOption({ value: set.id });
    await page.getByText('it is sealed first').waitFor();
    await page.getByLabel('Method').selectOption('Text model');
    expect(await page.getByLabel('Rank').count()).toBe(0);
    await page.getByText('Default: 0.00001').waitFor();
    await page.getByLabel('Batch size').fill('1');
    await pressStart(page);
    await page.waitForURL(/\/operate\/models\/ft_/);
    await page.getByText('succeeded').waitFor({ timeout: 300_000 });
    const run = await client.request<FineTuningPage>('GET', '/v1/fine-tuning/jobs?limit=1');
    expect(run.data).toMatchObject([
      {
        training_file: sent.id,
        image_set: set.id,
        method: { type: 'text' },
        suffix: null,
        step: 6,
      },
    ]);
    const { state } = await client.request<ImageSet>('GET', `/v1/image-sets/${set.id}`);
    expect(state).toBe('sealed');
  });

  it('are no start for whoever may only read', async () => {
    const page = await openAsReader(newRun());
    await page.getByText('This API key may look').waitFor();
    expect(await start(page).count()).toBe(0);
    await page.goto('/operate/models');
    await page.getByRole('link', { name: 'boats' }).waitFor();
    expect(await page.getByRole('link', { name: 'New run' }).count()).toBe(0);
    await page.goto(`/jobs/${job.id}?tab=details`);
    await page.getByRole('link', { name: 'corrections' }).waitFor();
    expect(await page.getByRole('link', { name: 'Fine-tune on these' }).count()).toBe(0);
  });

  it.each(VIEWS)('can be trained on by everybody (%s, %o)', async (theme, size) => {
    const page = await browser.openSignedIn('/operate/models', system.apiKey, { theme, size });
    await page.getByRole('link', { name: 'New run' }).click();
    await page.getByLabel('Job', { exact: true }).selectOption({ value: job.id });
    await page.getByText('2 corrections').waitFor();
    await page.getByLabel('Epochs').fill('many');
    await start(page).click();
    await page.locator('.field .form-error').waitFor();
    await page.evaluate('scrollTo(0, 0)');
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `new-run-${theme}-${size.width}`);
    await page.getByLabel('Examples', { exact: true }).selectOption('A file from this computer');
    await page.getByLabel('Pictures').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, `new-run-file-${theme}-${size.width}`);
    await page.close();
  });

  it('and files, sets and refusals are text on the form, whatever they are called', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey, { size: NARROW });
    const said = Object.values(HOSTILE_TEXTS).join(' ');
    await answerWith(page, () => said, /\/v1\/(jobs|files|image-sets|fine-tuning)/);
    await page.goto(newRun());
    await page.getByText('2 corrections').waitFor();
    await page.getByLabel('Epochs').fill('0');
    await pressStart(page);
    await page.locator('.field .form-error').waitFor();
    const shown = async (place: string) => (await page.locator(place).allTextContents()).join();
    expect(await shown('.field .form-error')).toContain(said);
    expect(await shown('select option')).toContain(said);
    await page.getByLabel('Examples', { exact: true }).selectOption('A file from this computer');
    await page.getByLabel('Pictures').waitFor();
    for (const name of ['Examples', 'Pictures', 'Held-out examples']) {
      const options = page.getByLabel(name, { exact: true }).locator('option');
      await expect.poll(async () => (await options.allTextContents()).join()).toContain(said);
    }
    expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
    expect(await overhang(page)).toBe(0);
  });
});

describe('a correction', () => {
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

it('left nothing on the console but what comes before signing in, and what was refused', () => {
  expect(browser.complaints.filter((text) => !/401|400/.test(text))).toEqual([]);
});
