import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { REPOSITORY } from '../rig/repository.js';

/** Pictures of what the tests saw; not in git. */
const SCREENSHOTS = join(REPOSITORY, 'dist', 'test-artifacts', 'dashboard');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 360, height: 740 };

export interface View {
  readonly size?: { readonly width: number; readonly height: number };
  readonly theme?: 'light' | 'dark';
}

/** A real browser that somebody uses: what it complains about on its console is kept, so that a test can want nothing of it. */
export class TestBrowser {
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly url: string,
  ) {}

  static async start(url: string): Promise<TestBrowser> {
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      // Chromium refuses its sandbox to root, as whom containers run tests.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    return new TestBrowser(browser, url);
  }

  /** A browser profile of its own, at a path of the dashboard. */
  async open(path: string, { size = WIDE, theme = 'light' }: View = {}): Promise<Page> {
    const context = await this.browser.newContext({
      baseURL: this.url,
      viewport: size,
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    await page.goto(path);
    return page;
  }

  /** The same with a session, as if it had signed in before. */
  async openSignedIn(path: string, apiKey: string, view?: View): Promise<Page> {
    const page = await this.open('/', view);
    await signIn(page, apiKey);
    await page.getByRole('link', { name: 'Jobs', exact: true }).waitFor();
    await page.goto(path);
    return page;
  }

  /** What a story has opened asks on, and hears of what the next one does. */
  async closePages(): Promise<void> {
    await Promise.all(
      this.browser.contexts().map(async (context) => {
        // Whoever answers in the API's place may have a request of the page in hand, and fails with the page.
        for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
        await context.close();
      }),
    );
  }

  async close(): Promise<void> {
    await this.closePages();
    await this.browser.close();
  }
}

export async function signIn(page: Page, apiKey: string): Promise<void> {
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/**
 * Keeps a picture of the page under this name, for people to look at: of the whole of it, unless `fullPage` is false. A
 * gallery of thousands is best seen by the window: the whole would load every picture.
 */
export async function screenshot(page: Page, name: string, fullPage = true): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });
}

/** Each violation that axe finds on the page as it stands: rule, and where. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Pixels by which the page is wider than its window: 0 where nobody must scroll sideways. */
export const overhang = (page: Page): Promise<number> =>
  page.evaluate(
    'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)',
  );

export type { BrowserContext, Page };
