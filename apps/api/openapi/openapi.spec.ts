import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { beforeAll, describe, expect, it } from 'vitest';
import { operationsOf, type ApiDescription } from './api-schema.js';
import { breakingChanges } from './breaking-changes.js';
import { clientSource } from './client-source.js';
import { offlineDocument } from './offline-document.js';

const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
let now: ApiDescription;

beforeAll(async () => {
  now = JSON.parse(JSON.stringify(await offlineDocument()));
});

describe('the description that is checked in', () => {
  it('is that of the code; else run `npm run openapi`', async () => {
    const kept = JSON.parse(await read('openapi.json')) as ApiDescription;
    expect(operationsOf(kept).map(({ operationId }) => operationId)).toEqual(
      operationsOf(now).map(({ operationId }) => operationId),
    );
    expect(kept).toEqual(now);
  });

  it('breaks no client of the last release', async () => {
    expect(breakingChanges(JSON.parse(await read('released.json')), now)).toEqual([]);
  });

  it('is what libs/client was made of; else run `npm run openapi`', async () => {
    const path = join(import.meta.dirname, '../../../libs/client/api.ts');
    const options = await resolveConfig(path);
    const made = await format(clientSource(now), { ...options, filepath: path });
    expect((await readFile(path, 'utf8')) === made).toBe(true);
  });
});
