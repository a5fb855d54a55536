import type { Schema } from '../../apps/api/openapi/api-schema.js';

/** Random numbers in [0, 1), from a seed. */
export type Random = () => number;

/** What texts have broken elsewhere: NUL and half characters in Postgres, prototypes in JavaScript, paths. */
const TEXTS = [
  '',
  ' ',
  'plain',
  '\0',
  'a\0b',
  '\uD800',
  'x\uDFFF y',
  '\uFFFF\uFFFE',
  '\u202Ereversed',
  '\u{1D4B3}\u0301',
  '../../../etc/passwd',
  "'; DROP TABLE jobs; --",
  '%00%ff',
  '__proto__',
  'constructor',
  'toString',
  '{"a":1}',
  '[1]',
  'null',
  'true',
  '-1',
  '1e400',
  'NaN',
  'Infinity',
  '9'.repeat(40),
  '2026-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999+14:00',
  '-infinity',
  '0000-00-00T00:00:00Z',
  'http://[::1]:1/',
  'https://example.com/a?b#c',
  'https://user:pass@example.com',
  's3://bucket/**/*.jpg',
  'data:image/png;base64,AAAA',
  '\r\nX-Injected: 1',
  '<loc0001><loc0001>',
  'caption en\n',
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  2,
  7,
  100,
  1_000,
  1_001,
  0.5,
  -0.1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e18,
  1e300,
  Number.MIN_VALUE,
];

export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)]!;

export function hostileText(random: Random): string {
  const text = pick(random, TEXTS);
  if (random() < 0.05) return text.repeat(1 + Math.floor(random() * 3_000));
  return random() < 0.2 ? `${text}${pick(random, TEXTS)}` : text;
}

/** Any JSON value at all. */
export function hostileValue(random: Random, depth = 0): unknown {
  const kind = Math.floor(random() * (depth > 3 ? 4 : 6));
  if (kind === 0) return hostileText(random);
  if (kind === 1) return pick(random, NUMBERS);
  if (kind === 2) return pick(random, [null, true, false]);
  if (kind === 3) return pick(random, [[], {}, '']);
  const entries = Array.from({ length: Math.floor(random() * 4) }, () =>
    hostileValue(random, depth + 1),
  );
  if (kind === 4) return entries;
  return Object.fromEntries(entries.map((value) => [hostileText(random), value]));
}

/** Makes values that mostly keep a schema, so that they come past the door, and are odd inside. */
export class ValueMaker {
  constructor(
    private readonly random: Random,
    private readonly schemas: Readonly<Record<string, Schema>>,
    /** Ids that the API has given out, by their prefix. */
    private readonly ids: ReadonlyMap<string, readonly string[]>,
    /** How often a value is something else altogether. */
    private readonly oddity: number,
  ) {}

  make(schema: Schema, depth = 0): unknown {
    const { random } = this;
    if (random() < this.oddity) return hostileValue(random);
    if (schema.$ref !== undefined) {
      return this.make(this.schemas[schema.$ref.split('/').at(-1)!] ?? {}, depth);
    }
    const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
    if (values !== undefined) return pick(random, values);
    const forms = schema.anyOf ?? schema.oneOf;
    if (forms !== undefined) return this.make(pick(random, forms), depth + 1);
    if (schema.allOf !== undefined) {
      return Object.assign({}, ...schema.allOf.map((part) => this.make(part, depth + 1)));
    }
    return this.#typed(pick(random, [schema.type ?? 'string'].flat()), schema, depth);
  }

  id(prefix: string): string {
    const known = this.ids.get(prefix) ?? [];
    const others = [...this.ids.values()].flat();
    if (known.length > 0 && this.random() < 0.8) return pick(this.random, known);
    if (others.length > 0 && this.random() < 0.5) return pick(this.random, others);
    return pick(this.random, [
      `${prefix}_${'0'.repeat(32)}`,
      `${prefix}_1`,
      hostileText(this.random),
    ]);
  }

  #typed(type: string, schema: Schema, depth: number): unknown {
    const { random } = this;
    if (type === 'null') return null;
    if (type === 'boolean') return random() < 0.5;
    if (type === 'integer' || type === 'number') return this.#number(schema);
    if (type === 'array') {
      const length = Math.floor(random() * random() * 6);
      return Array.from({ length }, () => this.make(schema.items ?? {}, depth + 1));
    }
    if (type === 'object') return this.#object(schema, depth);
    const prefix = /^\^(\w+?)_\[0-9a-f\]/.exec(schema.pattern ?? '')?.[1];
    if (prefix !== undefined) return this.id(prefix);
    if (schema.format === 'date-time' && random() < 0.7) return '2026-01-01T00:00:00Z';
    if (random() < 0.4) return pick(random, ['default', 'instant', 'a', 'en', 'cat', 'name']);
    const text = hostileText(random);
    return random() < 0.7 ? text.slice(0, schema.maxLength ?? text.length) : text;
  }

  #number({ minimum = 0, maximum = 1_000 }: Schema): number {
    const near = [minimum, maximum, minimum - 1, maximum + 1, Math.round((minimum + maximum) / 2)];
    return this.random() < 0.7 ? pick(this.random, near) : pick(this.random, NUMBERS);
  }

  #object(schema: Schema, depth: number): unknown {
    const { random } = this;
    const value: [string, unknown][] = [];
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      const isWanted = schema.required?.includes(name) ? random() < 0.98 : random() < 0.35;
      if (isWanted && depth < 8) value.push([name, this.make(field, depth + 1)]);
    }
    if (typeof schema.additionalProperties === 'object') {
      const field = schema.additionalProperties;
      const count = Math.floor(random() * 4);
      for (let n = 0; n < count; n += 1)
        value.push([hostileText(random), this.make(field, depth + 1)]);
    }
    if (random() < 0.02) value.push([hostileText(random), hostileValue(random)]);
    return Object.fromEntries(value);
  }
}
