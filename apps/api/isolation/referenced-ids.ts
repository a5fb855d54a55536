import { ID_PREFIXES } from '#contracts';

type Schema = Readonly<Record<string, unknown>>;
interface Operation {
  readonly parameters?: readonly { in: string; name: string; schema?: Schema }[];
  readonly requestBody?: { content: Readonly<Record<string, { schema?: Schema }>> };
}
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const PREFIXES = new Set<string>(Object.values(ID_PREFIXES));
/** Query parameters that name a resource, though an id that cannot exist is no error there. */
const NAMES = /^(set|job|file|webhook|model|upload|import|batch)s?(_ids?)?$|^image_sets?$/;

/** Every id that a body or a query may hold, as `POST /v1/jobs webhook.id`, by the API's own description. */
export function referencedIds(document: ApiDocument): string[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([verb, { parameters = [], requestBody }]) => {
      const route = `${verb.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      const queries = parameters
        .filter(
          ({ in: place, name, schema }) => place === 'query' && (isId(schema) || NAMES.test(name)),
        )
        .map(({ name }) => name);
      const bodies = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) =>
        idFields(document, schema ?? {}, []),
      );
      return [...new Set([...queries, ...bodies])].map((field) => `${route} ${field}`);
    }),
  );
}

/** Paths of the fields of a schema that hold an id, as `webhook.id`. */
function idFields(document: ApiDocument, schema: Schema, seen: readonly string[]): string[] {
  const reference = schema.$ref;
  if (typeof reference === 'string') {
    if (seen.includes(reference)) return [];
    const named = document.components.schemas[reference.split('/').at(-1)!] ?? {};
    return idFields(document, named, [...seen, reference]);
  }
  const own = Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(
    ([name, field]) =>
      isId(field)
        ? [name]
        : idFields(document, field, seen).map((inner) =>
            inner === '' ? name : `${name}.${inner}`,
          ),
  );
  const parts = [
    schema.anyOf,
    schema.oneOf,
    schema.allOf,
    schema.items,
    schema.additionalProperties,
  ]
    .flat()
    .filter((part): part is Schema => typeof part === 'object' && part !== null);
  return [...own, ...parts.flatMap((part) => (isId(part) ? [''] : idFields(document, part, seen)))];
}

const isId = (schema: Schema | undefined): boolean =>
  PREFIXES.has(/^\^(\w+?)_\[0-9a-f\]/.exec(String(schema?.pattern))?.[1] ?? '');
