import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Task } from '#contracts';
import { TestClient } from '../rig/client.js';
import { pausedJob } from '../rig/paused-job.js';
import { System } from '../rig/system.js';
import { tinyImage } from '../rig/tiny-image.js';
import {
  axeViolations,
  NARROW,
  overhang,
  screenshot,
  TestBrowser,
  WIDE,
  type Page,
} from './browser.js';

let system: System;
let client: TestClient;
let browser: TestBrowser;

beforeAll(async () => {
  system = await System.start({ itemMs: 150 });
  client = new TestClient(system.url, system.apiKey);
  browser = await TestBrowser.start(system.url);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

const REFUSED = 3;

async function startJob(name: string, images: number, isPaused = false) {
  const set = await client.createSet(name);
  const files = Array.from({ length: images }, (_, n) => tinyImage(n, name));
  const bad = Array.from({ length: REFUSED }, (_, n) =>
    tinyImage(images + n, `PALLET-TEST-REFUSE ${name}`),
  );
  await client.upload(set.id, [...files, ...bad]);
  const tasks: Task[] = [
    { type: 'caption', language: 'en' },
    { type: 'detect', labels: ['dog', 'car'] },
  ];
  const make = () => client.createJob(set.id, tasks, { name, metadata: { place: 'beach' } });
  return isPaused ? pausedJob(system, client, make) : make();
}

/** What comes while somebody looks waits behind a button, so that it moves nothing. */
const showNew = (page: Page) => page.getByRole('button', { name: '1 new job' }).click();

const rowOf = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name });

describe('the list of jobs', () => {
  it('shows a job that comes, goes on and ends, without anybody doing anything', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await page.getByText('No jobs yet').waitFor();
    // However long the page takes to hear of it, the job has not ended before it.
    const { id } = await startJob('Harbour cameras', 300, true);
    const row = rowOf(page, 'Harbour cameras');
    await row.getByText('paused').waitFor();
    await client.request('POST', `/v1/jobs/${id}/resume`);
    await row.getByText('running').waitFor();
    await row.getByText('left').waitFor();
    await row.getByText('partly failed').waitFor({ timeout: 60_000 });
    expect(await row.textContent()).toContain(`${REFUSED} failed`);
    expect(await row.textContent()).toContain('303 of 303');
  });

  it('is filtered and searched, and its address says how', async () => {
    const job = await startJob('Fish market', 2);
    await client.finished(job.id, 30_000);
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await rowOf(page, 'Harbour cameras').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('fish ');
    await page.waitForURL(/q=fish/);
    // What is typed while the search has begun goes on from what was typed, and not from what is searched.
    await page.keyboard.type('mark');
    await page.waitForURL(/q=fish(\+|%20)mark/);
    expect(await page.getByRole('searchbox').inputValue()).toBe('fish mark');
    await rowOf(page, 'Harbour cameras').waitFor({ state: 'detached' });
    await rowOf(page, 'Fish market').waitFor();
    await page.getByRole('button', { name: 'failed', exact: true }).click();
    await page.waitForURL(/show=failed/);
    await page.reload();
    await rowOf(page, 'Fish market').waitFor();
    await page.getByRole('button', { name: 'cancelled', exact: true }).click();
    await page.getByText('No job is like that').waitFor();
    await page.goBack();
  });
});

describe('a job', () => {
  it('is opened, understood and cancelled by keyboard alone', async () => {
    // However long the page takes to come, the job has not ended before it.
    const job = await startJob('Night shift', 2_000, true);
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await rowOf(page, 'Night shift').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Night shift' }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).press('Enter');
    await page.getByText('time left').waitFor();
    await expect.poll(() => page.title()).toMatch(/^\d+ % · Night shift/);
    await screenshot(page, 'job-running', false);
    await page.getByRole('button', { name: 'Pause' }).press('Enter');
    await page.getByRole('button', { name: 'Resume' }).press('Enter');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.getByRole('dialog').getByText('are not looked at any more').waitFor();
    expect((await client.job(job.id)).state).toBe('running');
    await page.getByRole('button', { name: 'Cancel the job' }).press('Enter');
    const head = page.locator('.job-head');
    await head.getByText('cancelled').waitFor({ timeout: 30_000 });
    expect((await client.job(job.id)).state).toBe('cancelled');
    expect(await page.getByRole('button', { name: 'Cancel', exact: true }).count()).toBe(0);
  });

  it('says what failed by cause, how to ask again, and gives its results away', async () => {
    const page = await browser.openSignedIn('/jobs?q=harbour', system.apiKey);
    await page.getByRole('link', { name: 'Harbour cameras' }).click();
    const causes = page.getByRole('region', { name: 'Failures by cause' });
    const cause = causes.getByRole('listitem').filter({ hasText: 'image.undecodable' });
    await cause.getByRole('link', { name: 'image-' }).first().waitFor();
    expect(await causes.locator('.causes > li').count()).toBe(1);
    expect(await cause.locator('strong').textContent()).toBe(String(REFUSED));
    const examples = causes.getByRole('list', { name: 'Examples of image.undecodable' });
    expect(await examples.getByRole('link').count()).toBe(REFUSED);
    await page.getByRole('link', { name: 'Details and export' }).click();
    await page.getByRole('button', { name: 'CLI' }).click();
    await page.getByText(`--task 'detect dog ; car'`).waitFor();
    const times = page.getByRole('region', { name: 'How long images took' });
    await times.getByText('over 300 images that succeeded').waitFor();
    await times.getByText('Times as a table').press('Enter');
    const counts = await times.locator('tbody td').allTextContents();
    expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(300);
    expect(await axeViolations(page)).toEqual([]);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the CLI snippet' }).press('Enter');
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('pallet jobs create');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'jsonl' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.jsonl$/);
    expect(await download.failure()).toBeNull();
  });

  it('tries those of a cause again, from the page', async () => {
    const page = await browser.openSignedIn('/jobs?q=fish', system.apiKey);
    await page.getByRole('link', { name: 'Fish market' }).click();
    await page.getByRole('button', { name: 'Retry these' }).press('Enter');
    await page.locator('.job-head').getByText('partly failed').waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    const happened = page.getByRole('region', { name: 'What happened' });
    // Twice: the first time, and after they were tried again.
    const ends = happened.getByText(`2 succeeded, ${REFUSED} failed`);
    await expect.poll(() => ends.count(), { timeout: 30_000 }).toBe(2);
  });

  it('says where its images are while it runs', async () => {
    // It goes on only while somebody waits to see it go on.
    const job = await startJob('Where they are', 1_000, true);
    const move = (how: string) => client.request('POST', `/v1/jobs/${job.id}/${how}`);
    const page = await browser.openSignedIn(`/jobs/${job.id}`, system.apiKey);
    const stages = page.getByRole('list', { name: 'Where the images are' });
    await stages.waitFor();
    await move('resume');
    const working = stages.getByRole('listitem').filter({ hasText: 'with a worker' });
    await working.locator('strong', { hasText: /^[1-9]/ }).waitFor();
    await page.getByText('Working on it:').waitFor();
    await move('pause');
    expect(await axeViolations(page)).toEqual([]);
    await move('cancel');
    await stages.waitFor({ state: 'detached' });
  });

  it('that has ended is asked more, with the tasks of a new job', async () => {
    const page = await browser.openSignedIn('/jobs?q=fish', system.apiKey);
    await page.getByRole('link', { name: 'Fish market' }).click();
    await page.getByRole('button', { name: 'Ask more' }).click();
    const sheet = page.getByRole('dialog');
    const ask = sheet.getByRole('button', { name: 'Ask 2 images' });
    expect(await ask.isDisabled()).toBe(true);
    await sheet.getByRole('button', { name: '+ Segment' }).click();
    await sheet.getByRole('textbox', { name: 'Segment: Thing' }).fill('harbour');
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, 'job-ask-more', false);
    await ask.click();
    await sheet.waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Details and export' }).click();
    await page.getByRole('listitem').filter({ hasText: 'segment harbour' }).waitFor();
    await page.locator('.job-head').getByText('partly failed').waitFor({ timeout: 30_000 });
    expect(await page.getByRole('button', { name: 'Ask more' }).count()).toBe(1);
  });

  it.each([
    ['light', WIDE],
    ['dark', WIDE],
    ['light', NARROW],
    ['dark', NARROW],
  ] as const)('and the list can be read by everybody (%s, %o)', async (theme, size) => {
    const page = await browser.openSignedIn('/jobs', system.apiKey, { theme, size });
    await rowOf(page, 'Harbour cameras').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `jobs-${theme}-${size.width}`);
    await page.getByRole('link', { name: 'Harbour cameras' }).click();
    await page.getByText('image.undecodable').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `job-${theme}-${size.width}`, false);
    await page.getByRole('link', { name: 'Details and export' }).click();
    await page.locator('.latency-bars').waitFor();
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `details-${theme}-${size.width}`);
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await page.getByText('Every image has ended').waitFor();
    const open = page.locator('.tabs [aria-current=page]');
    expect(await open.allTextContents()).toEqual(['Log']);
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `log-${theme}-${size.width}`, false);
    await page.close();
  });
});

describe('the stream of events', () => {
  it('says so when nobody answers, and goes on when somebody does', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await page.getByRole('status').getByText('live').waitFor();
    await page.context().setOffline(true);
    await page.getByRole('status').getByText('reconnecting').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('status').getByText('live').waitFor();
  });

  it('brings all that changes, so that nobody asks', async () => {
    const page = await browser.openSignedIn('/operate/keys', system.apiKey);
    let asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const lists = () => asked.filter((path) => path === '/v1/jobs').length;
    await page.goto('/jobs');
    // Once for the page, and once when the stream begins, for what has changed before that.
    await expect.poll(lists, { timeout: 30_000 }).toBe(2);
    await rowOf(page, 'Harbour cameras').waitFor();
    asked = [];
    const job = await startJob('Told, not asked', 100);
    await showNew(page);
    const row = rowOf(page, 'Told, not asked');
    await row.getByText('partly failed').waitFor({ timeout: 60_000 });
    // The list is asked for when the job is new, begins and ends; its hundred answers come by themselves.
    expect(lists()).toBeGreaterThan(0);
    expect(lists()).toBeLessThanOrEqual(4);
    expect(asked).not.toContain(`/v1/jobs/${job.id}`);
  });

  it('is done without where it cannot be had, a little slower', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await page.route('**/v1/events', (route) => route.fulfill({ status: 502 }));
    await page.reload();
    await page.getByRole('status').getByText('reconnecting').waitFor();
    await rowOf(page, 'Harbour cameras').waitFor();
    await startJob('Asked, not told', 1);
    await showNew(page);
    await rowOf(page, 'Asked, not told').getByText('partly failed').waitFor();
    await page.unroute('**/v1/events');
    await page.getByRole('status').getByText('live').waitFor();
  });

  it('goes on after what it told last', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await rowOf(page, 'Harbour cameras').waitFor();
    // Rows are there before the stream is: only what it brings shows that something was told.
    await startJob('Still here', 1);
    await showNew(page);
    await rowOf(page, 'Still here').getByText('partly failed').waitFor();
    await page.context().setOffline(true);
    await page.getByRole('status').getByText('reconnecting').waitFor();
    const job = await startJob('While away', 1);
    await client.finished(job.id, 30_000);
    // Requests are made while it is offline, too; answers are not.
    const back = page.waitForResponse('**/v1/events');
    await page.context().setOffline(false);
    expect(await (await back).request().headerValue('last-event-id')).toMatch(/^\d+-\d+$/);
    await showNew(page);
    await rowOf(page, 'While away').getByText('partly failed').waitFor();
  });
});

it('left nothing on the console but the silence', () => {
  const others = browser.complaints.filter(
    (text) => !/401|502|ERR_INTERNET_DISCONNECTED/.test(text),
  );
  expect(others).toEqual([]);
});
