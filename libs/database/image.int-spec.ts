import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUuid, NO_STORAGE_QUOTA } from '#contracts';
import { usePostgres } from '#testing';
import {
  createImageSet,
  Database,
  migrate,
  recordFiles,
  type AcceptedFile,
  type RecordTarget,
} from './index.js';

const postgres = usePostgres();
let database: Database;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
});

afterAll(async () => {
  await database?.close();
});

async function openSet(): Promise<RecordTarget> {
  const [tenantId, setId] = [newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await createImageSet(database, { id: setId, tenantId, name: null, metadata: {} });
  return { tenantId, setId, imagesPerSet: 1000, quota: NO_STORAGE_QUOTA };
}

const identityOf = ({ customId, name, sha256 }: AcceptedFile): string =>
  customId === undefined ? `name ${name} ${sha256}` : `id ${customId}`;

const files = fc.array(
  fc.record({
    name: fc.constantFrom('a.png', 'b.png'),
    sha256: fc
      .constantFrom('one', 'two', 'three')
      .map((text) => createHash('sha256').update(text).digest('hex')),
    bytes: fc.constant(3),
    format: fc.constant('png'),
    customId: fc.constantFrom(undefined, undefined, 'x', 'y', 'a.png'),
  }),
  { maxLength: 12 },
);

describe('recorded files', () => {
  it('are numbered without gaps, and once each, however they are cut into chunks and sent again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(files, { minLength: 1, maxLength: 4 }), async (chunks) => {
        const target = await openSet();
        const numbers = new Map<string, { n: number; sha256: string }>();
        for (const accepted of chunks) {
          const recorded = await database.transaction((tx) =>
            recordFiles(tx, target, { accepted, refused: [] }),
          );
          for (const [at, file] of accepted.entries()) {
            const known = numbers.get(identityOf(file));
            const { n, sha256 } = known ?? { n: numbers.size, sha256: file.sha256 };
            if (!known) numbers.set(identityOf(file), { n, sha256 });
            const wanted = { n, duplicate: known !== undefined, differs: sha256 !== file.sha256 };
            expect(recorded.accepted[at]).toEqual(wanted);
          }
          expect(recorded.set.accepted).toBe(numbers.size);
        }
      }),
      { numRuns: 60 },
    );
  });
});
