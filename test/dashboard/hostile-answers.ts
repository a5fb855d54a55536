import type { Page } from './browser.js';

/** Element and counter that a text would make if a page took it for markup or script. */
const TRAP = `data-trap onerror="window.sprung=(window.sprung||0)+1"`;

/** Texts as somebody may send them who means no good, by what they try. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  'an image that fails': `<img src="x:" ${TRAP}>.jpg`,
  'the end of a script': `</script></title></textarea><script data-trap>window.sprung=1</script>`,
  'an attribute that ends': `" autofocus onfocus="window.sprung=1" data-trap='' x='\`\${window.sprung=1}`,
  'an address that runs': `javascript:window.sprung=1//<a data-trap href="javascript:window.sprung=1">x</a>`,
  'text that turns round': `photo\u202Egpj.exe\u2066\u2067\u200F`,
  'ten thousand characters': 'W'.repeat(10_000),
  'characters that nobody sees': `a\u0000b\u2400\u200B\uFEFF\u2028\u0007\u001B[31mc`,
  'marks on marks': 'Z\u0351\u036B\u0343\u036A\u0302'.repeat(200),
};

const SAID_BY_OTHERS = new Set([
  'name',
  'filename',
  'text',
  'raw',
  'prompt',
  'label',
  'labels',
  'detail',
  'message',
  'host',
  'question',
  'place',
  'description',
  'note',
  'suffix',
  'last_error',
]);

/**
 * Puts the text into every answer of the API that the page asks for, wherever somebody else's words stand; the API
 * itself would have cleaned many of them, and what a page shows must not hang on that.
 */
export async function answerWith(
  page: Page,
  text: () => string,
  paths = /\/v1\/jobs/,
): Promise<void> {
  await page.route(paths, async (route) => {
    const response = await route.fetch();
    if (!/\/(problem\+)?json\b/.test(response.headers()['content-type'] ?? '')) {
      return route.fulfill({ response });
    }
    const json = poison(await response.json(), undefined, text());
    return route.fulfill({ response, json });
  });
}

function poison(value: unknown, key: string | undefined, text: string): unknown {
  if (typeof value === 'string') return SAID_BY_OTHERS.has(key ?? '') ? text : value;
  if (Array.isArray(value)) return value.map((each) => poison(each, key, text));
  if (typeof value !== 'object' || value === null) return value;
  const whole = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, poison(each, name, text)]),
  );
  // Images that are uploaded have neither; those of a manifest do.
  if ('custom_id' in whole) return { ...whole, custom_id: text, metadata: { place: text } };
  // The test engine finds nothing and warns of nothing.
  if (whole['task'] === 1 && 'boxes' in whole)
    return { ...whole, boxes: [boxOf(text)], warnings: [text] };
  return whole;
}

const boxOf = (label: string) => ({
  label,
  box: [0.1, 0.1, 0.9, 0.9],
  pixels: [0, 0, 1, 1],
  confidence: 0.9,
});

/** What came of it on the page: elements and scripts that a text made. */
export const sprung = (page: Page): Promise<{ elements: number; scripts: number }> =>
  page.evaluate(
    `({ elements: document.querySelectorAll('[data-trap]').length, scripts: window.sprung ?? 0 })`,
  );

/** What no page of ours does: it takes the text for markup. `sprung` must see that. */
export const writeAsMarkup = (page: Page, text: string): Promise<void> =>
  page.evaluate(`void (document.body.innerHTML = ${JSON.stringify(text)})`);
