/** As much of OpenAPI 3.1 as our own description uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly description?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

export type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface ApiDescription {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface RoutedOperation extends Operation {
  /** `GET`, and so on. */
  readonly method: string;
  readonly path: string;
}

/** Every operation, by path and then verb as the document has them. */
export const operationsOf = ({ paths }: ApiDescription): RoutedOperation[] =>
  Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({
      ...operation,
      method: verb.toUpperCase(),
      path,
    })),
  );

/** What a reference stands for. Errors: for one that leads nowhere. */
export function resolve({ components }: ApiDescription, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const named = components.schemas[nameOfRef(schema.$ref)];
  if (named === undefined) throw new Error(`${schema.$ref} is not in the description.`);
  return named;
}

export const nameOfRef = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);
