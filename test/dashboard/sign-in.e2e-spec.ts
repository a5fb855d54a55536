import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '#contracts';
import { System } from '../rig/system.js';
import { axeViolations, NARROW, overhang, screenshot, signIn, TestBrowser } from './browser.js';

const FIRST_LOAD_BYTES = 250_000;

let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  system = await System.start({ workers: 0 });
  browser = await TestBrowser.start(system.url);
});
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

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
