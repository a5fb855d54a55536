import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '#contracts';
import { usePostgres } from '#testing';
import { Database } from './index.js';

const postgres = usePostgres();
let url: string;
let database: Database;

beforeAll(async () => {
  url = await postgres.createDatabase();
  database = new Database(url);
  await database.query('CREATE TABLE pair (name text PRIMARY KEY, value int NOT NULL)');
  await database.query(`INSERT INTO pair VALUES ('a', 0), ('b', 0)`);
});
afterAll(() => database?.close());

it('two transactions that wait for each other: one goes through, the other is told to try again', async () => {
  const raise = (name: string) => `UPDATE pair SET value = value + 1 WHERE name = '${name}'`;
  let bothHold: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    bothHold = resolve;
  });
  let holders = 0;
  const take = (first: string, second: string): Promise<void> =>
    database.transaction(async (tx) => {
      await tx.query(raise(first));
      holders += 1;
      if (holders === 2) bothHold();
      await held;
      await tx.query(raise(second));
    });
  const ends = await Promise.allSettled([take('a', 'b'), take('b', 'a')]);
  const refused = ends.flatMap((end) =>
    end.status === 'rejected' ? [end.reason as AppError] : [],
  );
  expect(refused).toHaveLength(1);
  expect(refused[0]).toMatchObject({ code: 'database.unavailable', retryable: true });
  const rows = await database.query<{ value: number }>('SELECT value FROM pair');
  expect(rows.map(({ value }) => value)).toEqual([1, 1]);
});

it('a transaction whose process stands still holds up nobody for long, and is told to try again', async () => {
  const frozen = new Database(url, { standstillMs: 300 });
  try {
    let goOn: () => void = () => undefined;
    const awake = new Promise<void>((resolve) => (goOn = resolve));
    let take: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => (take = resolve));
    const slept = frozen.transaction(async (tx) => {
      await tx.query(`UPDATE pair SET value = 100 WHERE name = 'a'`);
      take();
      await awake;
      await tx.query(`UPDATE pair SET value = 100 WHERE name = 'b'`);
    });
    slept.catch(() => undefined);
    await taken;
    await database.query(`UPDATE pair SET value = 7 WHERE name = 'a'`);
    goOn();
    await expect(slept).rejects.toMatchObject({ code: 'database.unavailable', retryable: true });
    const rows = await database.query<{ value: number }>('SELECT value FROM pair ORDER BY name');
    expect(rows.map(({ value }) => value)).toEqual([7, 1]);
    // The connection is gone, and the next statement has another.
    expect(await frozen.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    await frozen.close();
  }
});
