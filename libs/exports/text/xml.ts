/** What XML 1.0 cannot hold, not even as a reference. */
const UNWRITABLE = /(?![\t\n\r\u007F-\u009F])[\p{Cc}\uFFFE\uFFFF]/gu;
const SPECIAL = /[&<>"'\t\n\r]/g;

/** Text for between tags and for attributes, whatever is in it. Line ends and tabs stay what they are. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(UNWRITABLE, '\uFFFD')
    .replace(SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}

/** Attributes in their order; undefined ones are left out. */
export function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

/** `<name>text</name>` */
export const textElement = (name: string, text: string | number): string =>
  `<${name}>${escapeXml(String(text))}</${name}>`;

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
