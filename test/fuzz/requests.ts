import type { Schema } from '../../apps/api/openapi/api-schema.js';
import { hostileText, hostileValue, pick, ValueMaker, type Random } from './values.js';

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: Schema }>>;
  };
}

export interface FuzzRequest {
  readonly method: string;
  /** Path with its query. */
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string | FormData | Uint8Array<ArrayBuffer> | undefined;
}

/** What the ids below a part of a path begin with. */
const PREFIXES: Readonly<Record<string, string>> = {
  'image-sets': 'set',
  jobs: 'job',
  'fine-tuning/jobs': 'ft',
  files: 'file',
  webhooks: 'whe',
  deliveries: 'whd',
  uploads: 'upl',
  imports: 'imp',
  batches: 'batch',
};
/** Nothing that would keep a request open for long. */
const PREFERENCES = [
  'wait=0',
  'wait=1',
  'wait=x',
  'respond-async',
  'wait="0", respond-async',
  ';;,=',
];
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Input: an operation of the description. Output: a request to it that is mostly well formed, and odd somewhere. */
export function makeRequest(random: Random, operation: Operation, maker: ValueMaker): FuzzRequest {
  const headers: Record<string, string> = {};
  const search = new URLSearchParams();
  for (const parameter of operation.parameters ?? []) {
    if (parameter.in === 'path' || (!parameter.required && random() < 0.6)) continue;
    if (parameter.in === 'header') headers[parameter.name] = headerValue(random, parameter.name);
    else addQuery(random, search, parameter, maker);
  }
  if (random() < 0.03) search.append(hostileText(random), hostileText(random));
  const query = search.size === 0 ? '' : `?${search}`;
  const body = makeBody(random, operation, maker, headers);
  return {
    method: operation.method,
    target: fillPath(operation.path, maker) + query,
    headers,
    body,
  };
}

function fillPath(path: string, maker: ValueMaker): string {
  return path.replaceAll(/([\w/-]+)\/\{\w+\}/g, (_, before: string) => {
    const parts = before.split('/');
    const prefix = PREFIXES[parts.slice(-2).join('/')] ?? PREFIXES[parts.at(-1)!] ?? 'job';
    return `${before}/${encodeURIComponent(maker.id(prefix).toWellFormed()).slice(0, 600)}`;
  });
}

function addQuery(
  random: Random,
  search: URLSearchParams,
  parameter: Parameter,
  maker: ValueMaker,
): void {
  const times = random() < 0.05 ? 2 : 1;
  for (let n = 0; n < times; n += 1) {
    const value = maker.make(parameter.schema ?? {});
    search.append(parameter.name, typeof value === 'string' ? value : JSON.stringify(value));
  }
}

function headerValue(random: Random, name: string): string {
  if (/prefer/i.test(name)) return pick(random, PREFERENCES);
  if (/idempotency/i.test(name))
    return pick(random, ['a', '"b"', 'c', 'x'.repeat(300), '{}', '""']);
  const ids = ['1-1', '0-0', '999999999999999999-1', '-', 'x', '*', '"a", W/"b"'];
  return pick(random, ids);
}

function makeBody(
  random: Random,
  { requestBody }: Operation,
  maker: ValueMaker,
  headers: Record<string, string>,
): FuzzRequest['body'] {
  if (requestBody === undefined) return undefined;
  const [type, { schema = {} }] = pick(random, Object.entries(requestBody.content));
  if (random() < 0.05) return garbage(random, headers);
  if (type === 'multipart/form-data') return makeForm(random, schema, maker);
  headers['content-type'] = type;
  if (type !== 'application/json')
    return pick(random, [PNG, Buffer.from(hostileText(random))]).slice();
  return JSON.stringify(maker.make(schema));
}

/** Bodies that are none. */
function garbage(random: Random, headers: Record<string, string>): string {
  headers['content-type'] = pick(random, [
    'application/json',
    'application/json; charset=utf-16',
    'multipart/form-data; boundary=b',
    'multipart/form-data',
    'text/plain',
    'application/x-www-form-urlencoded',
  ]);
  return pick(random, [
    '',
    '{',
    '\uFEFF{}',
    '{"__proto__":{"a":1}}',
    '{"a":1,"a":2}',
    '[[[['.repeat(5_000),
    '--b\r\n\r\n\r\n--b--\r\n',
    '--b\r\nContent-Disposition: form-data; name="a"; filename="\0"\r\n\r\nx\r\n--b--',
    '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--\r\n',
    '--b\r\nContent-Disposition: form-data; name="f"; filename="a.zip"\r\n\r\nPK\x03\x04\r\n--b--\r\n',
    JSON.stringify(hostileValue(random)),
  ]);
}

function makeForm(random: Random, schema: Schema, maker: ValueMaker): FormData {
  const form = new FormData();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (random() < 0.1) continue;
    const isFile = field.format === 'binary' || field.items?.format === 'binary';
    if (isFile) form.append(name, fileOf(random), hostileText(random) || 'a.png');
    else if (/tasks/.test(name)) form.append(name, pick(random, ['[{"type":"ocr"}]', '[]', '{']));
    else form.append(name, asText(maker.make(field)));
  }
  if (random() < 0.1) form.append(hostileText(random), hostileText(random));
  return form;
}

function fileOf(random: Random): Blob {
  const kinds = [
    PNG,
    Buffer.from(hostileText(random)),
    Buffer.from('PK\x05\x06' + '\0'.repeat(18)),
    PNG.subarray(0, 40),
  ];
  return new Blob([new Uint8Array(pick(random, kinds))]);
}

/** As a form carries it; an object is anything but text, and may have no way to become it. */
const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
