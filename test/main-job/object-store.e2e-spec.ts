import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ItemResult } from '#contracts';
import { useS3 } from '#testing';
import { TestClient } from '../rig/client.js';
import { REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';
import { photograph } from '../hostile/hostile-files.js';

const PHOTOGRAPHS = ['cat.jpg', 'coffee.jpg', 'rocket.jpg', 'text.jpg'];

const s3 = useS3();
let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await System.start({
    queue: 'postgres',
    storageUrl: s3.url('images'),
    model: {
      name: 'tiny-paligemma2',
      directory: join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma2'),
    },
    env: {
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
  });
  client = new TestClient(system.url, system.apiKey);
});
afterAll(() => system?.stop());

it('runs PaliGemma 2 over photographs in S3, the queue in Postgres, and says the same each time', async () => {
  const set = await client.createSet('photographs');
  await client.upload(set.id, PHOTOGRAPHS.map(photograph));
  const answers: string[][] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const job = await client.createJob(set.id, [
      { type: 'caption', language: 'en' },
      { type: 'detect', labels: ['cat', 'cup'] },
      { type: 'segment', label: 'rocket', max_tokens: 12 },
    ]);
    const done = await client.finished(job.id, 120_000);
    expect(done).toMatchObject({ outcome: 'succeeded', item_counts: { succeeded: 4 } });
    const items: ItemResult[] = [];
    for await (const item of client.results(job.id)) items.push(item);
    expect(items.map((item) => item.image.name)).toEqual(PHOTOGRAPHS);
    for (const item of items) {
      expect(item.answers.map((answer) => answer.task)).toEqual([0, 1, 2]);
      expect(item.answers[2]!.tokens).toBeLessThanOrEqual(12);
    }
    answers.push(items.flatMap((item) => item.answers.map((answer) => answer.raw)));
  }
  expect(answers[1]).toEqual(answers[0]);
});
