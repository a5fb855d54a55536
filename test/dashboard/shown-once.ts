import { expect } from 'vitest';
import type { Page } from './browser.js';

/** A key or secret that is shown this once; the reader says that it has it, and it is gone from the page. */
export async function shownOnce(page: Page): Promise<string> {
  const shown = page.locator('.once code');
  await shown.waitFor();
  const text = await shown.textContent();
  await page.getByRole('button', { name: 'I have it' }).press('Enter');
  await shown.waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(text);
  return text!;
}
