import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey, type KeyPage } from '#contracts';
import { TestClient } from '../rig/client.js';
import { System } from '../rig/system.js';
import { axeViolations, NARROW, overhang, screenshot, signIn, TestBrowser } from './browser.js';
import { shownOnce } from './shown-once.js';

const FIRST_LOAD_BYTES = 250_000;

let system: System;
let client: TestClient;
let browser: TestBrowser;

beforeAll(async () => {
  system = await System.start({ workers: 0 });
  client = new TestClient(system.url, system.apiKey);
  browser = await TestBrowser.start(system.url);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

afterEach(() => browser.closePages());

describe('signing in', () => {
  it('says what is wrong with a key, takes a right one, and stays at the address', async () => {
    const page = await browser.open('/jobs?show=failed');
    await signIn(page, 'plt_nonsense');
    await page.getByRole('alert').getByText('not known').waitFor();
    await signIn(page, createApiKey());
    await page.getByRole('alert').getByText('not known').waitFor();
    await signIn(page, system.apiKey);
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    expect(new URL(page.url()).search).toBe('?show=failed');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: 'pallet_session', httpOnly: true, sameSite: 'Strict' });
    expect(await page.evaluate('document.cookie + JSON.stringify(localStorage)')).not.toContain(
      'plt_',
    );
  });

  it('is over when the reader signs out', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    await page.reload();
    await page.getByLabel('API key').waitFor();
  });

  it('is asked for again when the session ends meanwhile, and the reader is where it was', async () => {
    const page = await browser.openSignedIn('/jobs?q=cats', system.apiKey);
    await page.getByText('No job is like that').waitFor();
    await page.context().clearCookies();
    await page.getByLabel('API key').waitFor();
    await signIn(page, system.apiKey);
    await page.getByText('No job is like that').waitFor();
    expect(new URL(page.url()).search).toBe('?q=cats');
  });

  it.each([
    ['light', undefined],
    ['dark', NARROW],
  ] as const)('can be done by everybody (%s)', async (theme, size) => {
    const page = await browser.open('/', { theme, size });
    await page.getByLabel('API key').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `sign-in-${theme}`);
    await page.keyboard.type(system.apiKey);
    await page.keyboard.press('Enter');
    await page.getByText('No jobs yet').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await screenshot(page, `first-run-${theme}`);
  });
});

describe('API keys', () => {
  it('are made for a role, shown once, and revoked', async () => {
    const page = await browser.openSignedIn('/jobs', system.apiKey);
    await page.getByRole('link', { name: 'Operate' }).click();
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'New key' }).press('Enter');
    await page.keyboard.type('Screen in the hall');
    await page.keyboard.press('Enter');
    const key = await shownOnce(page);
    const row = page.getByRole('listitem').filter({ hasText: 'Screen in the hall' });
    await row.getByText('read only').waitFor();

    const reader = await browser.open('/operate/keys');
    await signIn(reader, key);
    await reader.getByRole('listitem').filter({ hasText: 'Screen in the hall' }).waitFor();
    expect(await reader.getByRole('button', { name: /New key|Revoke/ }).count()).toBe(0);
    await reader.getByRole('link', { name: 'Webhooks' }).click();
    await reader.getByText('No webhook yet').waitFor();
    expect(await reader.getByRole('button', { name: 'New webhook' }).count()).toBe(0);

    await row.getByRole('button', { name: 'Revoke' }).press('Enter');
    await page.getByRole('dialog').getByText('cannot be undone').waitFor();
    await page.keyboard.press('Escape');
    const valid = await client.request<KeyPage>('GET', '/v1/api-keys');
    expect(valid.data.map(({ revoked_at: at }) => at)).toEqual([null, null]);
    await row.getByRole('button', { name: 'Revoke' }).press('Enter');
    await page.getByRole('button', { name: 'Revoke the key' }).press('Enter');
    await row.getByText('revoked').waitFor();
    const refused = new TestClient(system.url, key).request('GET', '/v1/jobs');
    await expect(refused).rejects.toThrow(/401/);
    await reader.reload();
    await reader.getByLabel('API key').waitFor();
  });

  it('say who is signed in by the one that is to be revoked', async () => {
    const page = await browser.openSignedIn('/operate/keys', system.apiKey);
    const row = page.getByRole('listitem').filter({ hasText: 'bootstrap' });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByText('You are signed in with this key').waitFor();
  });
});

describe('the first load', () => {
  it('is small, and comes from this address alone', async () => {
    const page = await browser.open('about:blank');
    const scripts: Promise<Buffer>[] = [];
    const origins = new Set<string>();
    page.on('response', (response) => {
      origins.add(new URL(response.url()).origin);
      if (response.request().resourceType() === 'script') scripts.push(response.body());
    });
    await page.goto('/');
    await page.getByLabel('API key').waitFor();
    await signIn(page, system.apiKey);
    await page.getByText('No jobs yet').waitFor();
    const bytes = (await Promise.all(scripts)).map((body) => gzipSync(body).length);
    const sum = bytes.reduce((total, each) => total + each, 0);
    expect(sum).toBeGreaterThan(10_000);
    expect(sum).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
    expect([...origins]).toEqual([system.url]);
  });
});

it('left nothing on the console but the answers to wrong keys', () => {
  expect(browser.complaints.filter((text) => !text.includes('401'))).toEqual([]);
});
