import { expect, it } from 'vitest';
import type { ApiParts } from '../parts.js';
import { FeedAfterCommit } from './feed-after-commit.js';

/** Counts the looks for waiting shards, of which there are none: steps that find nothing end in a few turns of the promises. */
function setup() {
  const seen = { looks: 0 };
  const database = {
    query: async () => [{ count: 1 }],
    transaction: async (work: (tx: object) => Promise<unknown>) =>
      work({
        query: async () => {
          seen.looks += 1;
          return [];
        },
      }),
  };
  const queue = { queue: () => ({ depth: async () => 0, add: async () => undefined }) };
  const log = { warn: () => undefined };
  return { seen, feed: new FeedAfterCommit({ database, queue, log } as unknown as ApiParts) };
}

it('looks once more for whoever comes while a step runs, at whatever moment of its end', async () => {
  for (let moment = 0; moment < 60; moment += 1) {
    const { seen, feed } = setup();
    feed.step('m', 'bulk');
    for (let turn = 0; turn < moment; turn += 1) await Promise.resolve();
    const before = seen.looks;
    feed.step('m', 'bulk');
    await feed.beforeApplicationShutdown();
    expect([moment, seen.looks > before]).toEqual([moment, true]);
  }
});
