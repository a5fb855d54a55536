import { describe, expect, it } from 'vitest';
import { Database } from '#database';
import { usePostgres } from './postgres-server.js';
import { useRedis } from './redis-server.js';
import { useS3 } from './s3-server.js';

describe('servers for specs', () => {
  const postgres = usePostgres();
  const redis = useRedis({ databases: '2' });
  const s3 = useS3();

  it('gives separate databases, and copies of a prepared one', async () => {
    const first = new Database(await postgres.createDatabase(), { connections: 1 });
    await first.query('CREATE TABLE prepared AS SELECT 1 AS one');
    await first.close();
    const empty = new Database(await postgres.createDatabase(), { connections: 1 });
    await expect(empty.query('SELECT * FROM prepared')).rejects.toThrow(/does not exist/);
    await empty.close();
  });

  it('copies a prepared database', async () => {
    const template = await postgres.createDatabase();
    const prepared = new Database(template, { connections: 1 });
    await prepared.query('CREATE TABLE prepared AS SELECT 1 AS one');
    await prepared.close();
    const copy = new Database(await postgres.createDatabase({ template }), { connections: 1 });
    expect(await copy.query('SELECT * FROM prepared')).toEqual([{ one: 1 }]);
    await copy.close();
  });

  it('brings Postgres back at the same address after kill -9', async () => {
    const url = await postgres.createDatabase();
    await postgres.kill();
    await postgres.start();
    const database = new Database(url, { connections: 1 });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  it('brings Redis back empty at the same address', async () => {
    const before = redis.url();
    await redis.command('SET', 'key', 'some value');
    expect(await redis.command('GET', 'key')).toBe('$10\r\nsome value\r\n');
    await redis.stop();
    await redis.start();
    expect(redis.url()).toBe(before);
    expect(await redis.command('GET', 'key')).toMatch(/^(\$-1|_)\r\n$/);
  });

  it('answers as S3', async () => {
    const listed = await fetch(`${s3.endpoint()}/${s3.bucket}?list-type=2`);
    expect(listed.status).toBe(200);
  });
});
