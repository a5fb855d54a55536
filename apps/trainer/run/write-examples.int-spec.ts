import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageKey, newUuid, fileKey } from '#contracts';
import { Database, migrate } from '#database';
import { openObjectStore, type ObjectStore } from '#storage';
import { usePostgres } from '#testing';
import { writeExamples, type ExampleSource } from './write-examples.js';

const postgres = usePostgres();
let database: Database;
let store: ObjectStore;
let directory: string;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
  directory = await mkdtemp(join(tmpdir(), 'pallet-examples-'));
  store = openObjectStore(pathToFileURL(join(directory, 'objects')).href);
});
afterAll(async () => {
  await database?.close();
  await rm(directory, { recursive: true });
});

const put = (key: string, text: string): Promise<void> => {
  const body = Buffer.from(text);
  return store.put(key, body, { bytes: body.length });
};

/** A tenant with a set of two pictures, `a.png` and `b.png`, and `twice.png` in two versions. */
async function makeSource(withSet = true): Promise<ExampleSource> {
  const [tenantId, setId] = [newUuid(), newUuid()];
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
  await database.query(
    `INSERT INTO image_sets (id, tenant_id, state, accepted) VALUES ($1, $2, 'sealed', 4)`,
    [setId, tenantId],
  );
  for (const [n, name] of ['a.png', 'b.png', 'twice.png', 'twice.png'].entries()) {
    await database.query(
      `INSERT INTO images (set_id, n, name, sha256) VALUES ($1, $2, $3, decode($4, 'hex'))`,
      [setId, n, name, contentOf(n)],
    );
    await put(imageKey(tenantId, contentOf(n)), `picture ${n}`);
  }
  return { database, store, tenantId, setId: withSet ? setId : null, maxImageBytes: 100 };
}

const contentOf = (n: number): string => createHash('sha256').update(`picture ${n}`).digest('hex');
const line = (image: string, suffix = 'a cat') =>
  JSON.stringify({ image, prefix: 'caption en', suffix });

async function write(source: ExampleSource, lines: readonly string[]) {
  const fileId = newUuid();
  await put(fileKey(source.tenantId, fileId), lines.join('\n'));
  const folder = await mkdtemp(join(directory, 'run-'));
  const file = 'training_file' as const;
  const signal = new AbortController().signal;
  const path = await writeExamples(source, { file, fileId, folder }, signal);
  const written = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return { folder, written: written.map((text) => JSON.parse(text)) };
}

describe('examples on this disk', () => {
  it('keep their lines and get the bytes of the images they name', async () => {
    const lines = Array.from({ length: 600 }, (_, n) => line(n % 2 ? 'b.png' : 'a.png', `${n}`));
    const { folder, written } = await write(await makeSource(), lines);
    expect(written.map((example) => example.suffix)).toEqual(lines.map((_, n) => `${n}`));
    expect(await readdir(join(folder, 'images'))).toEqual([contentOf(0), contentOf(1)].toSorted());
    const image = await readFile(join(folder, written[599].image), 'utf8');
    expect(image).toBe('picture 1');
  });

  it('may bring their images with them', async () => {
    const url = `data:image/png;base64,${Buffer.from('mine').toString('base64')}`;
    const { folder, written } = await write(await makeSource(false), [line(url), line(url)]);
    expect(await readFile(join(folder, written[1].image), 'utf8')).toBe('mine');
    expect(await readdir(join(folder, 'images'))).toHaveLength(1);
    const hashed = JSON.stringify({ ...JSON.parse(line(url)), sha256: contentOf(0) });
    for (const withSet of [true, false]) {
      const { written: again } = await write(await makeSource(withSet), [hashed]);
      expect(again).toEqual([written[0]]);
    }
  });

  it('are refused with every bad line, and none of them reads a file of ours', async () => {
    const large = `data:image/png;base64,${Buffer.alloc(101).toString('base64')}`;
    const lines = [
      line('a.png'),
      '',
      '{"image": "a.png"',
      '[]',
      '{"image": "a.png", "prefix": "caption en"}',
      line('a.png', '\n'),
      line('/etc/passwd'),
      line('../a.png'),
      line('twice.png'),
      line('data:text/plain;base64,AAAA'),
      line(large),
      line('b.png'),
    ];
    const refused = await write(await makeSource(), lines).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'training.bad_data',
      message: expect.stringMatching(/^Line 3 .*8 more/),
      context: { lines: [3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => ({ line: n })) },
    });
  });

  it('may say by hash which of the images of one name they mean', async () => {
    const source = await makeSource();
    await database.query(
      `INSERT INTO images (set_id, n, name, sha256, custom_id)
       SELECT $1, n, CASE WHEN n < 6 THEN 'a.png' ELSE 'data:c' END, decode($2, 'hex'), n::text
       FROM generate_series(4, 6) AS n`,
      [source.setId, contentOf(0)],
    );
    const which = (image: string, content: number) =>
      JSON.stringify({ ...JSON.parse(line(image)), sha256: contentOf(content) });
    const lines = [which('twice.png', 3), which('twice.png', 2), line('a.png'), which('data:c', 0)];
    const { written } = await write(source, lines);
    expect(written).toEqual(
      [3, 2, 0, 0].map((n) => ({ ...JSON.parse(line(`images/${contentOf(n)}`)) })),
    );
    // Only what the set calls so: a hash alone opens nothing.
    const refused = await write(source, [
      line('a.png'),
      which('a.png', 1),
      which('none.png', 1),
      line('twice.png').replace('{', '{"sha256": "A", '),
    ]).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      context: {
        lines: [
          { line: 2, detail: expect.stringContaining('with that `sha256`, which the set has not') },
          { line: 3, detail: expect.stringContaining('"none.png", which the set has not') },
          { line: 4, detail: expect.stringContaining('`sha256`') },
        ],
      },
    });
  });

  it('need a set for names of files, and a line at least', async () => {
    const source = await makeSource(false);
    await expect(write(source, [line('a.png')])).rejects.toThrow(/no image set/);
    await expect(write(source, [''])).rejects.toThrow(/no lines/);
  });
});
