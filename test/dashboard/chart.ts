import type { Page } from './browser.js';

/** Expression of the page: the drawing of that title. */
const figureOf = (title: string): string =>
  `[...document.querySelectorAll('.chart')].find((each) =>
    each.querySelector('figcaption').textContent === ${JSON.stringify(title)})`;

/** Pixels of a drawing that have the colour of one of its lines, by the legend: 0 where the line is not drawn. */
export const drawnPixels = (page: Page, title: string, line: number): Promise<number> =>
  page.evaluate<number>(`(() => {
    const figure = ${figureOf(title)};
    const probe = document.createElement('canvas').getContext('2d');
    const item = figure.querySelectorAll('.chart-legend li')[${line}];
    probe.fillStyle = getComputedStyle(item, '::before').color;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const canvas = figure.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === r && data[at + 1] === g && data[at + 2] === b) pixels += 1;
    }
    return pixels;
  })()`);

/** What the rows of the table below a drawing say, once there are so many; it is opened by keyboard. */
export async function tableOf(page: Page, title: string, rows = 1): Promise<string[][]> {
  const figure = page.getByRole('figure', { name: title });
  await figure.locator('summary').press('Enter');
  // The first says what the columns are.
  await figure.getByRole('row').nth(rows).waitFor();
  return page.evaluate<string[][]>(
    `[...${figureOf(title)}.querySelectorAll('tbody tr')].map((row) =>
      [...row.cells].map((cell) => cell.textContent))`,
  );
}
