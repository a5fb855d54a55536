/**
 * The plain way's worker: one BullMQ job per image, one row per result. The same bytes from the same
 * folder, the same answer, in one process with 32 jobs at once; nothing is leased, fenced or counted.
 */
import { readFile } from 'node:fs/promises';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { instantText } from '../../../libs/testing/engine/instant-engine.js';

const [redisUrl, databaseUrl, objects] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 });
const connection = new Redis(redisUrl!, { maxRetriesPerRequest: null });

const worker = new Worker<{ n: number; key: string }>(
  'plain',
  async ({ data }) => {
    const text = instantText(await readFile(`${objects}/${data.key}`), { type: 'ocr' });
    const answers = JSON.stringify([{ task: 0, prompt: 'instant', raw: text, text, boxes: [] }]);
    await pool.query(`INSERT INTO plain_results (n, state, answers) VALUES ($1, 'succeeded', $2)`, [
      data.n,
      answers,
    ]);
  },
  { connection, concurrency: 32 },
);
worker.on('error', (error) => console.error(error));
await worker.waitUntilReady();
process.send?.({ type: 'ready' });
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
