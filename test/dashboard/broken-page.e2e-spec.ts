import { afterAll, beforeAll, expect, it } from 'vitest';
import { System } from '../rig/system.js';
import { axeViolations, NARROW, overhang, screenshot, TestBrowser } from './browser.js';
import { HOSTILE_TEXTS, sprung } from './hostile-answers.js';

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

it('says what failed, under which request, and leads on', async () => {
  const page = await browser.openSignedIn('/jobs', system.apiKey, { size: NARROW });
  const name = HOSTILE_TEXTS['an image that fails']!;
  await page.route('**/v1/jobs/job_broken', (route) =>
    route.fulfill({
      // No job: whoever shows it stumbles over what is not there.
      json: { object: 'job', id: 'job_broken', name, state: 'running' },
      headers: { 'x-request-id': 'the-broken-one' },
    }),
  );
  await page.goto('/jobs/job_broken');
  const alert = page.getByRole('alert').filter({ hasText: 'This page has failed' });
  await alert.waitFor();
  const lines = (await alert.getByLabel('What failed', { exact: true }).textContent())!.split('\n');
  expect(lines[0]).toMatch(/^TypeError: .+/);
  expect(lines.slice(1)).toEqual(['request the-broken-one', '/jobs/job_broken']);
  await page.getByRole('status').getByText('live').waitFor();
  expect(await axeViolations(page)).toEqual([]);
  expect(await overhang(page)).toBe(0);
  expect(await sprung(page)).toEqual({ elements: 0, scripts: 0 });
  await screenshot(page, 'broken-page');
  await alert.getByRole('link', { name: 'All jobs' }).press('Enter');
  await page.getByText('No jobs yet').waitFor();
});

it('shows the page again after a reload, when the fault was for once', async () => {
  const page = await browser.openSignedIn('/jobs', system.apiKey);
  await page.route('**/v1/jobs?*', (route) => route.fulfill({ json: { data: [null] } }));
  await page.goto('/jobs');
  const alert = page.getByRole('alert').filter({ hasText: 'This page has failed' });
  await alert.waitFor();
  await page.unroute('**/v1/jobs?*');
  await alert.getByRole('button', { name: 'Reload' }).press('Enter');
  await page.getByText('No jobs yet').waitFor();
});
