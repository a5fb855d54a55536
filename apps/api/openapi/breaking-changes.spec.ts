import { describe, expect, it } from 'vitest';
import type { ApiDescription, Schema } from './api-schema.js';
import { breakingChanges } from './breaking-changes.js';

const ORDER: Schema = {
  type: 'object',
  required: ['set'],
  properties: {
    set: { type: 'string' },
    kind: { enum: ['a', 'b'] },
    tasks: {
      type: 'array',
      items: {
        oneOf: [
          { type: 'object', properties: { type: { const: 'ocr' } } },
          { type: 'object', properties: { type: { const: 'detect' }, labels: { type: 'array' } } },
        ],
      },
    },
  },
};
const JOB: Schema = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string' },
    count: { type: 'integer' },
    state: { enum: ['queued', 'done'] },
    next: { anyOf: [{ $ref: '#/components/schemas/Job' }, { type: 'null' }] },
  },
};

function describeWith(
  change: (parts: { order: Schema; job: Schema; extra: object }) => object = () => ({}),
): ApiDescription {
  const parts = { order: ORDER, job: JOB, extra: {} };
  const { order, job, extra } = { ...parts, ...change(structuredClone(parts)) };
  return {
    paths: {
      '/jobs': {
        post: {
          operationId: 'createJob',
          parameters: [{ in: 'query', name: 'dry', schema: { type: 'boolean' } }],
          requestBody: { content: { 'application/json': { schema: order } } },
          responses: {
            202: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Job' } } },
            },
          },
          ...extra,
        },
      },
    },
    components: { schemas: { Job: job } },
  };
}
const base = describeWith();
const field = (schema: Schema, name: string, value: Schema | undefined): Schema => {
  const { [name]: _, ...properties } = schema.properties ?? {};
  return {
    ...schema,
    properties: value === undefined ? properties : { ...properties, [name]: value },
  };
};

describe('what breaks clients', () => {
  it.each<[string, Parameters<typeof describeWith>[0], string]>([
    [
      'a field that is gone',
      ({ job }) => ({ job: field(job, 'count', undefined) }),
      '.count is gone',
    ],
    [
      'a field of another type',
      ({ job }) => ({ job: field(job, 'count', { type: 'string' }) }),
      '.count: integer became string',
    ],
    [
      'a field that may be null now',
      ({ job }) => ({ job: field(job, 'count', { type: ['integer', 'null'] }) }),
      'integer|null',
    ],
    [
      'a field that may be missing now',
      ({ job }) => ({ job: { ...job, required: [] } }),
      '.id is no longer always there',
    ],
    [
      'an input that is gone',
      ({ order }) => ({ order: field(order, 'kind', undefined) }),
      '.kind is gone',
    ],
    [
      'a value that is gone',
      ({ order }) => ({ order: field(order, 'kind', { enum: ['a'] }) }),
      '"b" is gone',
    ],
    [
      'an input that is required now',
      ({ order }) => ({ order: { ...order, required: ['set', 'kind'] } }),
      '.kind is required now',
    ],
    [
      'a form that is gone',
      ({ order }) => ({
        order: field(order, 'tasks', {
          type: 'array',
          items: { oneOf: [{ type: 'object', properties: { type: { const: 'ocr' } } }] },
        }),
      }),
      'type "detect" is gone',
    ],
    ['another name', () => ({ extra: { operationId: 'makeJob' } }), 'makeJob'],
    ['another status', () => ({ extra: { responses: { 200: {} } } }), '202 is gone'],
    ['a parameter that is gone', () => ({ extra: { parameters: [] } }), 'query dry is gone'],
    [
      'a new parameter that is required',
      () => ({
        extra: {
          parameters: [
            ...(base.paths['/jobs']!.post!.parameters ?? []),
            { in: 'header', name: 'x', required: true },
          ],
        },
      }),
      'header x is required now',
    ],
  ])('%s', (_, change, expected) => {
    const found = breakingChanges(base, describeWith(change));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it('is a route that is gone', () => {
    expect(breakingChanges(base, { ...base, paths: {} })).toEqual(['POST /jobs is gone']);
  });

  it('is not what only adds: fields, inputs that may be left out, values, routes', () => {
    const wider = describeWith(({ job, order }) => ({
      job: field(field(job, 'more', { type: 'string' }), 'state', {
        enum: ['queued', 'paused', 'done'],
      }),
      order: field(field(order, 'more', { type: 'string' }), 'kind', { enum: ['a', 'b', 'c'] }),
    }));
    const more = { ...wider, paths: { ...wider.paths, '/more': wider.paths['/jobs']! } };
    expect(breakingChanges(base, more)).toEqual([]);
    expect(breakingChanges(base, base)).toEqual([]);
  });
});
