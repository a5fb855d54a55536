import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {
  FineTuning,
  FineTuningPage,
  StoredFile,
  Webhook,
  WebhookDeliveryPage,
  WebhookPage,
} from '#contracts';
import { TestClient } from '../rig/client.js';
import { compiled, REPOSITORY } from '../rig/repository.js';
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
import { drawnPixels, tableOf } from './chart.js';
import { HookReceiver } from './hook-receiver.js';
import { answerWith, HOSTILE_TEXTS, sprung } from './hostile-answers.js';
import { shownOnce } from './shown-once.js';

let system: System;
let client: TestClient;
let browser: TestBrowser;
let receiver: HookReceiver;

beforeAll(async () => {
  system = await System.start({ workers: 0, env: { OUTGOING_ALLOW: '127.0.0.0/8' } });
  client = new TestClient(system.url, system.apiKey);
  browser = await TestBrowser.start(system.url);
  receiver = await HookReceiver.start();
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
  await receiver?.stop();
});

afterEach(() => browser.closePages());

const VIEWS = [
  ['light', WIDE],
  ['dark', WIDE],
  ['light', NARROW],
  ['dark', NARROW],
] as const;

async function expectReadable(page: Page, name: string): Promise<void> {
  expect(await axeViolations(page)).toEqual([]);
  expect(await overhang(page)).toBe(0);
  await screenshot(page, name);
}

const openWebhook = async (page: Page): Promise<void> =>
  page.getByRole('link', { name: receiver.url }).click();
const listed = async (): Promise<Webhook> =>
  (await client.request<WebhookPage>('GET', '/v1/webhooks')).data[0]!;
const deliveries = (page: Page) =>
  page.getByRole('list', { name: 'Deliveries' }).locator('.delivery');
const deliveryOf = (page: Page) => deliveries(page).first();

describe('webhooks', () => {
  let secret = '';

  it('are made with a secret that is shown once', async () => {
    const page = await browser.openSignedIn('/operate/webhooks', system.apiKey);
    await page.getByRole('button', { name: 'New webhook' }).click();
    await page.getByLabel('URL').fill('http://10.0.0.1/hook');
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    await page.getByRole('alert').getByText('outgoing.').waitFor();
    await page.getByLabel('URL').fill(receiver.url);
    await page.getByLabel('Description').fill('Night shift');
    await page.getByRole('checkbox', { name: 'job.started' }).check();
    await page.getByRole('checkbox', { name: 'export.failed' }).uncheck();
    await page.getByRole('checkbox', { name: 'Send the whole job' }).check();
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    secret = await shownOnce(page);
    expect(secret).toMatch(/^whsec_/);
    await page.getByRole('link', { name: receiver.url }).waitFor();
    const webhook = await listed();
    expect(webhook).toMatchObject({ payload: 'full', description: 'Night shift' });
    expect(webhook.events).toContain('job.started');
    expect(webhook.events).not.toContain('export.failed');
    expect(webhook.events).not.toContain('job.created');
  });

  it('show what did not get through, and send it again by keyboard alone', async () => {
    // Only what is sent again from the page can come before the test is over.
    receiver.answer = { status: 500, headers: { 'retry-after': '7200' }, body: 'not today' };
    const page = await browser.openSignedIn('/operate/webhooks', system.apiKey);
    await page.getByRole('link', { name: receiver.url }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Send a test' }).press('Enter');
    const delivery = deliveryOf(page);
    await delivery.getByText('answered 500').waitFor({ timeout: 30_000 });
    await delivery.getByText(/next in \d+ h|next in 120 min/).waitFor();
    await delivery.getByRole('button', { name: 'webhook.test' }).press('Enter');
    const response = page.getByRole('region', { name: 'Response to attempt 1' });
    await response.getByText('not today').waitFor();
    const request = page.getByRole('region', { name: 'Request of attempt 1' });
    expect(await request.textContent()).toContain('"type":"webhook.test"');
    await screenshot(page, 'operate-webhook-failed');

    receiver.answer = { status: 200, body: 'thanks' };
    await delivery.getByRole('button', { name: 'Resend' }).press('Enter');
    await delivery.getByText('delivered').waitFor({ timeout: 30_000 });
    await page.getByRole('region', { name: 'Response to attempt 2' }).getByText('thanks').waitFor();
    expect(receiver.got.map(({ id }) => id)).toEqual(Array(2).fill(receiver.got[0]!.id));
    expect(() => verify(secret)).not.toThrow();
    await page.getByRole('button', { name: 'failed', exact: true }).press('Enter');
    await page.getByText('Nothing like that').waitFor();
    await page.getByRole('button', { name: 'delivered', exact: true }).press('Enter');
    await delivery.getByText('answered 200').waitFor();
    expect(new URL(page.url()).search).toContain('state=delivered');
  });

  it('get their next secret, and both sign for a while', async () => {
    const page = await browser.openSignedIn('/operate/webhooks', system.apiKey);
    await openWebhook(page);
    await page.getByRole('button', { name: 'Rotate the secret' }).press('Enter');
    await page.getByLabel('Both secrets sign').selectOption('an hour');
    await page.getByRole('button', { name: 'Make the next secret' }).press('Enter');
    const next = await shownOnce(page);
    expect(next).not.toBe(secret);
    const before = receiver.got.length;
    await page.getByRole('button', { name: 'Send a test' }).press('Enter');
    await expect.poll(() => receiver.got.length, { timeout: 30_000 }).toBe(before + 1);
    for (const each of [secret, next]) expect(() => verify(each)).not.toThrow();
    expect(() => verify('whsec_bm9uZSBvZiB0aGVtIGF0IGFsbA==')).toThrow(/signature/);
  });

  it('show what a receiver said as text, whatever it said', async () => {
    const bodies = ['an image that fails', 'the end of a script', 'an attribute that ends'];
    const hostile = bodies.map((name) => HOSTILE_TEXTS[name]).join('\n');
    receiver.answer = { status: 200, body: hostile };
    const page = await browser.openSignedIn('/operate/webhooks', system.apiKey);
    await openWebhook(page);
    await page.getByRole('button', { name: 'Send a test' }).click();
    const delivery = deliveryOf(page);
    await expect.poll(() => deliveries(page).count()).toBe(3);
    await delivery.getByText('answered 200').waitFor({ timeout: 30_000 });
    await delivery.getByRole('button', { name: 'webhook.test' }).click();
    const response = page.getByRole('region', { name: 'Response to attempt 1' });
    await response.waitFor();
    expect(await response.textContent()).toContain(hostile);
    expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
    expect(await overhang(page)).toBe(0);
  });

  it('that were switched off say so, and recover what they missed', async () => {
    receiver.answer = { status: 410, body: 'gone' };
    const page = await browser.openSignedIn('/operate/webhooks', system.apiKey);
    await openWebhook(page);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('It answered 410 Gone').waitFor({ timeout: 30_000 });
    expect(await page.getByRole('button', { name: /Send a test|Resend|Recover/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'All webhooks' }).click();
    await page.getByText('1 webhook was switched off').waitFor();
    await screenshot(page, 'operate-webhooks-off');
    const set = await client.createSet('sealed while it was off');
    await client.upload(set.id, [tinyImage(0)]);
    await client.request('POST', `/v1/image-sets/${set.id}/seal`);
    await openWebhook(page);
    receiver.answer = { status: 200 };
    await page.getByRole('button', { name: 'Enable' }).press('Enter');
    await page.getByRole('button', { name: 'Recover' }).press('Enter');
    await page.getByLabel('Since').waitFor();
    await page.getByRole('button', { name: 'Send them' }).press('Enter');
    await page.getByText('1 event is sent now').waitFor();
    await page.getByRole('button', { name: 'Close' }).press('Enter');
    const { id } = await listed();
    await expect
      .poll(async () => {
        const url = `/v1/webhooks/${id}/deliveries?state=delivered`;
        return (await client.request<WebhookDeliveryPage>('GET', url)).data.length;
      })
      .toBe(4);
    await deliveryOf(page).getByText('image_set.sealed').waitFor();
    await deliveryOf(page).getByText('delivered').waitFor();
  });

  it('are edited by keyboard alone: what is refused says why, what is saved is where it sends', async () => {
    const before = await listed();
    const next = `${receiver.url}/next`;
    const description = HOSTILE_TEXTS['an image that fails']!;
    const page = await browser.openSignedIn(`/operate/webhooks/${before.id}`, system.apiKey);
    const focused = (at: ReturnType<Page['locator']>) => at.and(page.locator(':focus'));
    const url = page.getByLabel('URL');
    const edit = page.getByRole('button', { name: 'Edit' });
    await edit.press('Enter');
    await focused(url).waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('https://10.0.0.1/hook');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('OUTGOING_ALLOW').waitFor();
    await focused(url).waitFor();
    expect(await url.inputValue()).toBe('https://10.0.0.1/hook');
    expect(await url.getAttribute('aria-invalid')).toBe('true');
    expect(await listed()).toEqual(before);

    await page.keyboard.press('Escape');
    await focused(edit).waitFor();
    await page.keyboard.press('Enter');
    await focused(url).waitFor();
    expect(await url.inputValue()).toBe(receiver.url);
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.keyboard.press('End');
    await page.keyboard.type('/next');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(description);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await focused(page.getByRole('checkbox', { name: 'all of these', checked: true })).waitFor();
    await page.getByRole('checkbox', { name: 'job.paused' }).press('Space');
    await page.keyboard.press('Enter');
    await focused(edit).waitFor();
    await page.getByRole('heading', { name: next }).waitFor();
    expect(await page.locator('.facts dd').allTextContents()).toContain(description);
    expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
    const saved = await listed();
    expect(saved).toMatchObject({ url: next, description, payload: 'full', state: 'enabled' });
    expect(saved.events).toEqual(expect.arrayContaining(['job.created', 'export.failed']));
    expect(saved.events).not.toContain('job.paused');

    const { length } = receiver.got;
    await page.getByRole('button', { name: 'Send a test' }).press('Enter');
    await expect.poll(() => receiver.got.length, { timeout: 30_000 }).toBe(length + 1);
    expect(receiver.got.at(-1)!.path).toBe('/hook/next');
    await client.request('PATCH', `/v1/webhooks/${before.id}`, { url: receiver.url });
  });

  it('are not for readers to change', async () => {
    const order = { name: 'Only looks', scopes: ['read'] };
    const { key } = await client.request<{ key: string }>('POST', '/v1/api-keys', order);
    const page = await browser.openSignedIn('/operate/webhooks', key);
    await openWebhook(page);
    await page.getByRole('heading', { name: receiver.url }).waitFor();
    expect(await page.getByRole('button', { name: /Edit|Rotate|Disable|Delete/ }).count()).toBe(0);
  });

  /** Throws unless the last request that came was signed with this secret. */
  function verify(with_: string): void {
    const { headers, body } = receiver.got.at(-1)!;
    new Verifier(with_).verify(body, headers);
  }
});

const STEPS = 60;

describe('models', () => {
  let base: string;
  /** Of trainings that begin or go on from now on. */
  const goAt = (stepMs: number) =>
    writeFile(join(base, 'control.json'), JSON.stringify({ stepMs }));

  beforeAll(async () => {
    base = join(system.directory, 'bases', 'paced');
    await cp(join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma'), base, {
      recursive: true,
    });
    await goAt(1_000);
    await system.startTrainer({
      BASES_DIRECTORY: join(system.directory, 'bases'),
      TRAIN_MODULE: compiled('libs/testing/training/file-train.js'),
      CLAIM_MS: '100',
    });
  });

  async function startRun(suffix: string, epochs: number): Promise<FineTuning> {
    const image = tinyImage(1);
    const set = await client.createSet('to learn from');
    await client.upload(set.id, [image]);
    const form = new FormData();
    const line = { image: image.name, prefix: 'caption en', suffix: 'a harbour' };
    form.append('file', new Blob([JSON.stringify(line)]), 'train.jsonl');
    const { id } = await client.request<StoredFile>('POST', '/v1/files', form);
    return client.request('POST', '/v1/fine-tuning/jobs', {
      model: 'paced',
      training_file: id,
      validation_file: id,
      image_set: set.id,
      seal: true,
      method: { type: 'text' },
      hyperparameters: { epochs, evaluate_every: 20, checkpoint_every: 10 },
      suffix,
    });
  }

  it('are trained before the eyes of the reader: cancelled, resumed, drawn', async () => {
    const page = await browser.openSignedIn('/operate/models', system.apiKey);
    await page.getByText('No training yet').waitFor();
    await startRun('harbours', STEPS);
    await page.getByRole('link', { name: 'harbours' }).click();
    await page.getByText(`of ${STEPS} steps`).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.getByRole('button', { name: 'Cancel the training' }).press('Enter');
    const resume = page.getByRole('button', { name: 'Resume' });
    await resume.waitFor();
    await goAt(0);
    await resume.press('Enter');
    await page.getByText('succeeded').waitFor({ timeout: 120_000 });
    const heard = await client.request<FineTuningPage>('GET', '/v1/fine-tuning/jobs');
    expect(heard.data[0]).toMatchObject({ state: 'succeeded', step: STEPS });

    // That it has ended is told; what it said last is asked for then.
    expect(await tableOf(page, 'Scores of held-out examples', 3)).toEqual([
      ['20', '0.3333'],
      ['40', '0.6667'],
      ['60', '1'],
    ]);
    const losses = await tableOf(page, 'Loss', STEPS);
    expect(losses).toHaveLength(STEPS);
    expect([losses[0], losses.at(-1)]).toEqual([
      ['1', '1', ''],
      ['60', '0.01667', '0.03333'],
    ]);
    await expect.poll(() => drawnPixels(page, 'Loss', 0)).toBeGreaterThan(200);
    await expect.poll(() => drawnPixels(page, 'Loss', 1)).toBeGreaterThan(50);
    await expect
      .poll(() => drawnPixels(page, 'Scores of held-out examples', 0))
      .toBeGreaterThan(50);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the result' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.tar$/);
    await page.getByRole('link', { name: 'All models' }).click();
    const model = page.getByRole('listitem').filter({ hasText: 'trained here' });
    await model.getByText('ft-paced-harbours').waitFor();
  });
});

describe('every page', () => {
  it.each(VIEWS)('can be read by everybody (%s, %o)', async (theme, size) => {
    const page = await browser.openSignedIn('/operate/webhooks', system.apiKey, { theme, size });
    const look = (name: string) => expectReadable(page, `operate-${name}-${theme}-${size.width}`);
    await page.getByRole('link', { name: receiver.url }).waitFor();
    await look('webhooks');
    await openWebhook(page);
    await deliveries(page).last().getByRole('button', { name: 'webhook.test' }).click();
    await page.getByRole('region', { name: 'Response to attempt 2' }).waitFor();
    await look('webhook');
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('URL').fill('https://10.0.0.1/hook');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('outgoing.').waitFor();
    await look('edit-webhook');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'All webhooks' }).click();
    await page.getByRole('button', { name: 'New webhook' }).click();
    await page.getByLabel('URL').waitFor();
    await look('new-webhook');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    await page.getByText('trained here').waitFor();
    await look('models');
    await page.getByRole('link', { name: 'harbours', exact: true }).click();
    expect(await tableOf(page, 'Loss', STEPS)).toHaveLength(STEPS);
    await expect.poll(() => drawnPixels(page, 'Loss', 0)).toBeGreaterThan(200);
    await look('run');
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByText('Only looks', { exact: true }).waitFor();
    await look('keys');
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).waitFor();
    await look('new-key');
  });
});

it('what others call their things is text on every page', async () => {
  const page = await browser.openSignedIn('/jobs', system.apiKey, { size: NARROW });
  const said = Object.values(HOSTILE_TEXTS).join(' ');
  await answerWith(page, () => said, /\/v1\/(webhooks|api-keys|models|model-imports|fine-tuning)/);
  const run = (await client.request<FineTuningPage>('GET', '/v1/fine-tuning/jobs')).data[0]!;
  const places = {
    webhooks: ['.row-name .quiet'],
    [`webhooks/${(await listed()).id}`]: ['.facts dd'],
    models: ['.run-row a'],
    [`models/${run.id}`]: ['.subject'],
    keys: ['.row-name strong'],
  };
  for (const [path, [place]] of Object.entries(places)) {
    await page.goto(`/operate/${path}`);
    await page.locator(place!).first().waitFor();
    expect(await page.locator(place!).allTextContents()).toContain(said);
    expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
    expect(await overhang(page)).toBe(0);
  }
});

it('a webhook is deleted only by who says so twice', async () => {
  const page = await browser.openSignedIn('/operate/webhooks', system.apiKey);
  await openWebhook(page);
  await page.getByRole('button', { name: 'Delete' }).press('Enter');
  await page.getByRole('button', { name: 'Keep it' }).press('Enter');
  expect((await listed()).url).toBe(receiver.url);
  await page.getByRole('button', { name: 'Delete', exact: true }).press('Enter');
  await page.getByRole('button', { name: 'Delete the webhook' }).press('Enter');
  await page.getByText('No webhook yet').waitFor();
  expect(await client.request<WebhookPage>('GET', '/v1/webhooks')).toMatchObject({ data: [] });
});

it('left nothing on the console but what was refused', () => {
  expect(browser.complaints.filter((text) => !/401|422/.test(text))).toEqual([]);
});
