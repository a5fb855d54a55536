import {
  operationsOf,
  resolve,
  type ApiDescription,
  type Content,
  type RoutedOperation,
  type Schema,
} from './api-schema.js';

/**
 * Input: the description that clients were built against, and the one of now. Output: what would break them,
 * in words; nothing when all that they send is still taken and all that they read is still there.
 */
export function breakingChanges(old: ApiDescription, now: ApiDescription): string[] {
  const known = new Map(operationsOf(now).map((route) => [routeName(route), route]));
  return operationsOf(old).flatMap((before) => {
    const name = routeName(before);
    const after = known.get(name);
    if (after === undefined) return [`${name} is gone`];
    const renamed =
      before.operationId === after.operationId
        ? []
        : [`${name} is called ${after.operationId}, it was ${before.operationId}`];
    const compare = new Comparison(old, now);
    compare.parameters(name, before, after);
    compare.requests(name, before, after);
    compare.responses(name, before, after);
    return [...renamed, ...compare.found];
  });
}

const routeName = ({ method, path }: RoutedOperation): string => `${method} ${path}`;

/** What is sent may only grow in what it may be; what is answered may only grow in what it holds. */
type Side = 'sent' | 'answered';

class Comparison {
  readonly found: string[] = [];
  readonly #seen = new Set<string>();

  constructor(
    private readonly old: ApiDescription,
    private readonly now: ApiDescription,
  ) {}

  parameters(name: string, before: RoutedOperation, after: RoutedOperation): void {
    const keyOf = (part: { in: string; name: string }) => `${part.in} ${part.name}`;
    const was = new Map((before.parameters ?? []).map((part) => [keyOf(part), part]));
    const is = new Map((after.parameters ?? []).map((part) => [keyOf(part), part]));
    for (const [key, part] of was) {
      const next = is.get(key);
      if (next === undefined) this.found.push(`${name}: ${key} is gone`);
      else this.schema(`${name}: ${key}`, 'sent', part.schema ?? {}, next.schema ?? {});
    }
    for (const [key, part] of is) {
      if (part.required && !was.get(key)?.required) {
        this.found.push(`${name}: ${key} is required now`);
      }
    }
  }

  requests(name: string, before: RoutedOperation, after: RoutedOperation): void {
    if (after.requestBody?.required && !before.requestBody?.required) {
      this.found.push(`${name}: a body is required now`);
    }
    this.#contents(`${name} body`, 'sent', before.requestBody?.content, after.requestBody?.content);
  }

  responses(name: string, before: RoutedOperation, after: RoutedOperation): void {
    for (const [status, { content }] of Object.entries(before.responses)) {
      const next = after.responses[status];
      if (next !== undefined) {
        this.#contents(`${name} ${status}`, 'answered', content, next.content);
      } else if (status.startsWith('2')) this.found.push(`${name}: ${status} is gone`);
    }
  }

  #contents(name: string, side: Side, was: Content = {}, is: Content = {}): void {
    for (const [type, { schema }] of Object.entries(was)) {
      const next = is[type];
      if (next === undefined) this.found.push(`${name}: ${type} is gone`);
      else this.schema(name, side, schema ?? {}, next.schema ?? {});
    }
  }

  schema(name: string, side: Side, was: Schema, is: Schema): void {
    // Two names that met before were compared before; so circles end.
    if (was.$ref !== undefined || is.$ref !== undefined) {
      const pair = `${side} ${was.$ref} ${is.$ref}`;
      if (was.$ref !== undefined && is.$ref !== undefined && this.#seen.has(pair)) return;
      this.#seen.add(pair);
    }
    const [before, after] = [resolve(this.old, was), resolve(this.now, is)];
    this.#types(name, side, before, after);
    this.#values(name, before, after);
    this.#properties(name, side, before, after);
    if (before.items !== undefined && after.items !== undefined) {
      this.schema(`${name}[]`, side, before.items, after.items);
    }
    this.#alternatives(name, side, before, after);
  }

  #types(name: string, side: Side, before: Schema, after: Schema): void {
    const [was, is] = [typesOf(before), typesOf(after)];
    if (was.length === 0 || is.length === 0) return;
    // A number is sent where a whole one was asked for before, not the other way round.
    const covers = (types: readonly string[], type: string) =>
      types.includes(type) || (type === 'integer' && types.includes('number'));
    const lost =
      side === 'sent'
        ? was.filter((type) => !covers(is, type))
        : is.filter((type) => !covers(was, type));
    if (lost.length > 0) this.found.push(`${name}: ${was.join('|')} became ${is.join('|')}`);
  }

  #values(name: string, before: Schema, after: Schema): void {
    const [was, is] = [valuesOf(before), valuesOf(after)];
    if (was === undefined || is === undefined) return;
    for (const value of was) {
      if (!is.includes(value)) this.found.push(`${name}: ${JSON.stringify(value)} is gone`);
    }
  }

  #properties(name: string, side: Side, before: Schema, after: Schema): void {
    const is = after.properties ?? {};
    for (const [field, schema] of Object.entries(before.properties ?? {})) {
      const next = is[field];
      if (next === undefined) this.found.push(`${name}.${field} is gone`);
      else this.schema(`${name}.${field}`, side, schema, next);
    }
    const [was, now] = [before.required ?? [], after.required ?? []];
    const moved =
      side === 'sent'
        ? now.filter((field) => !was.includes(field))
        : was.filter((field) => !now.includes(field));
    for (const field of moved) {
      const change = side === 'sent' ? 'required now' : 'no longer always there';
      if (is[field] !== undefined) this.found.push(`${name}.${field} is ${change}`);
    }
  }

  /** Told apart by what their fields must be, else by their type, else by their place. */
  #alternatives(name: string, side: Side, before: Schema, after: Schema): void {
    for (const kind of ['anyOf', 'oneOf', 'allOf'] as const) {
      const marks = (after[kind] ?? []).map((part) => markOf(resolve(this.now, part)));
      for (const [i, part] of (before[kind] ?? []).entries()) {
        const mark = markOf(resolve(this.old, part));
        const isTelling = marks.filter((one) => one === mark).length < 2;
        const next = after[kind]?.[isTelling ? marks.indexOf(mark) : i];
        if (next === undefined) this.found.push(`${name}: ${mark} is gone`);
        else this.schema(`${name}(${mark})`, side, part, next);
      }
    }
  }
}

const typesOf = ({ type }: Schema): readonly string[] =>
  type === undefined ? [] : ([type].flat() as readonly string[]);

const valuesOf = (schema: Schema): readonly unknown[] | undefined =>
  schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);

function markOf(schema: Schema): string {
  const fixed = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const values = valuesOf(field);
    return values?.length === 1 ? [`${name} ${JSON.stringify(values[0])}`] : [];
  });
  if (fixed.length > 0) return fixed.join(', ');
  return schema.type === undefined ? 'one form' : `type ${[schema.type].flat().join('|')}`;
}
