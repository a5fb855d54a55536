import {
  nameOfRef,
  operationsOf,
  type ApiDescription,
  type Content,
  type Parameter,
  type RoutedOperation,
  type Schema,
} from './api-schema.js';

const HEAD = `// Made from apps/api/openapi/openapi.json by \`npm run openapi\`; edits are lost.\n`;

/** Input: the API's description. Output: TypeScript with a type per schema and an entry per operation. */
export function clientSource(document: ApiDescription): string {
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};`,
  );
  const operations = operationsOf(document);
  return [
    HEAD,
    ...schemas,
    '/** What each operation takes and answers. */',
    `export interface Operations {\n${operations.map(operationType).join('\n')}\n}`,
    '/** How each operation is sent, and what its answer holds. */',
    `export const OPERATIONS = {\n${operations.map(operationEntry).join('\n')}\n} as const;`,
    '',
  ].join('\n\n');
}

function operationType(operation: RoutedOperation): string {
  const { operationId, summary, requestBody } = operation;
  const fields = [
    ...['path', 'query', 'header'].flatMap((place) => parameters(operation, place)),
    ...body(requestBody?.content, requestBody?.required ?? true),
  ];
  const doc = summary === undefined ? '' : `/** ${summary} */\n`;
  const answer = answerOf(operation);
  return `${doc}${operationId}: { input: { ${fields.join(' ')} }; answer: ${answer.type} };`;
}

function parameters({ parameters: all = [] }: RoutedOperation, place: string): string[] {
  return all
    .filter((parameter) => parameter.in === place)
    .map((parameter: Parameter) => {
      const mark = parameter.required ? '' : '?';
      return `'${parameter.name}'${mark}: ${typeOf(parameter.schema ?? {})};`;
    });
}

function body(content: Content | undefined, isRequired: boolean): string[] {
  const kind = bodyKind(content);
  if (kind === undefined || content === undefined) return [];
  const json = content['application/json']?.schema;
  const type = kind === 'json' ? typeOf(json ?? {}) : kind === 'form' ? 'FormData' : 'Blob';
  return [`body${isRequired ? '' : '?'}: ${type};`];
}

function operationEntry(operation: RoutedOperation): string {
  const { operationId, method, path, requestBody } = operation;
  const namesIn = (place: string) =>
    JSON.stringify(
      (operation.parameters ?? []).filter((one) => one.in === place).map(({ name }) => name),
    );
  const sends = bodyKind(requestBody?.content) ?? 'nothing';
  return `${operationId}: { method: '${method}', path: '${path}', query: ${namesIn('query')}, header: ${namesIn('header')}, sends: '${sends}', answers: '${answerOf(operation).kind}' },`;
}

function bodyKind(content: Content | undefined): 'json' | 'form' | 'bytes' | undefined {
  if (content === undefined) return undefined;
  if (content['application/json'] !== undefined) return 'json';
  return content['multipart/form-data'] === undefined ? 'bytes' : 'form';
}

function answerOf({ responses }: RoutedOperation): { kind: string; type: string } {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const contents = good.flatMap(([, { content }]) => (content === undefined ? [] : [content]));
  if (contents.length === 0) return { kind: 'nothing', type: 'void' };
  const schemas = contents.flatMap((content) => content['application/json']?.schema ?? []);
  if (schemas.length === 0) return { kind: 'response', type: 'Response' };
  return { kind: 'json', type: [...new Set(schemas.map(typeOf))].join(' | ') };
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return nameOfRef(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms !== undefined) return forms.map(typeOf).join(' | ');
  if (schema.allOf !== undefined)
    return schema.allOf.map((part) => `(${typeOf(part)})`).join(' & ');
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return types.map((type) => plainType(String(type), schema)).join(' | ') || 'unknown';
}

function plainType(type: string, schema: Schema): string {
  if (type === 'integer') return 'number';
  if (type === 'array') return `readonly (${typeOf(schema.items ?? {})})[]`;
  if (type !== 'object') return schema.format === 'binary' ? 'Blob' : type;
  const rest = schema.additionalProperties;
  if (schema.properties === undefined) {
    return `Readonly<Record<string, ${typeof rest === 'object' ? typeOf(rest) : 'unknown'}>>`;
  }
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    const doc =
      field.description === undefined ? '' : `/** ${field.description.replaceAll('*/', '')} */\n`;
    return `${doc}readonly '${name}'${required.has(name) ? '' : '?'}: ${typeOf(field)};`;
  });
  return `{ ${fields.join('\n')} }`;
}
