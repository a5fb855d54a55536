import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { problemSchema } from '#contracts';
import { problemResponse } from './problem-response.js';

const EVERY_ROUTE = [401, 403, 429, 500, 503];
const VERBS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The API's description, OpenAPI 3.1, from the same schemas that check every request. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Pallet')
    .setDescription('Bulk image analysis with PaliGemma, on hardware of your own.')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'An API key: plt_...' },
      'api_key',
    )
    .addSecurityRequirements('api_key')
    .build();
  const document = SwaggerModule.createDocument(app, frame, {
    standardSchemaConverter: toJsonSchema,
  });
  document.components ??= {};
  document.components.schemas ??= {};
  Object.assign(document.components.schemas, toJsonSchema(problemSchema)?.components);
  for (const path of Object.values(document.paths)) {
    for (const verb of VERBS) addProblems(path[verb]);
  }
  return document;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

function addProblems(operation: Operation | undefined): void {
  // `security: []` marks what needs no key.
  if (operation === undefined || operation.security?.length === 0) return;
  for (const status of EVERY_ROUTE) operation.responses[String(status)] ??= problemResponse(status);
}

/**
 * zod's own JSON schema is what OpenAPI 3.1 speaks; Nest would ask it for the dialect of 3.0. Answers are
 * described like requests: a task is one component, and a client must not refuse fields of a later version.
 */
function toJsonSchema(schema: unknown) {
  if (!(schema instanceof z.ZodType)) return undefined;
  const options = { io: 'input', target: 'draft-2020-12' } as const;
  const { $defs = {}, $schema: _, ...own } = z.toJSONSchema(schema, options);
  return { schema: own, components: $defs };
}
