import { newUuid, parsePublicId } from '#contracts';
import { commitItems, type Database, type EndedItem } from '#database';
import { eachItem, parseItemRanges } from '#pipeline';

/**
 * Ends what of a job has no end yet, as a worker would, or only so many shards of it. `codeOf`: what an item fails
 * of, if it does.
 */
export async function endItems(
  database: Database,
  job: string,
  codeOf: (n: number) => string | undefined = () => undefined,
  shardCount?: number,
): Promise<void> {
  const shards = await database.query<{ id: string; fence: number; items: string }>(
    `UPDATE shards SET state = 'leased', fence = fence + 1, generation = generation + 1
     WHERE id IN (SELECT id FROM shards WHERE job_id = $1 AND state IN ('ready', 'dispatched')
                  ORDER BY id LIMIT $2)
     RETURNING id::text, fence, items::text`,
    [parsePublicId('job', job), shardCount ?? null],
  );
  for (const { id, fence, items } of shards) {
    const ended = [...eachItem(parseItemRanges(items))].map((n) => endOf(n, codeOf(n)));
    await commitItems(database, { shardId: id, fence }, newUuid(), ended);
  }
}

function endOf(n: number, code: string | undefined): EndedItem {
  if (code !== undefined) {
    return { n, state: 'failed', attempts: 1, error: { code, detail: 'It failed.' } };
  }
  return { n, state: 'succeeded', attempts: 1, answers: [], width: 1, height: 1 };
}
