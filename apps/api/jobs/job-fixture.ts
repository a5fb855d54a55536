import { newUuid, parsePublicId, type Answer, type Task } from '#contracts';
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
  const shards = await database.query<ClaimedShard>(
    `UPDATE shards SET state = 'leased', fence = fence + 1, generation = generation + 1
     FROM jobs WHERE jobs.id = job_id AND shards.id IN (SELECT id FROM shards WHERE job_id = $1 AND state IN ('ready', 'dispatched')
                  ORDER BY id LIMIT $2)
     RETURNING shards.id::text, fence, items::text, shards.first_task, jobs.tasks`,
    [parsePublicId('job', job), shardCount ?? null],
  );
  for (const { id, fence, items, first_task, tasks } of shards) {
    const asked = tasks.slice(first_task);
    const ended = [...eachItem(parseItemRanges(items))].map((n) =>
      endOf(n, codeOf(n), answersTo(asked, first_task)),
    );
    await commitItems(database, { shardId: id, fence }, newUuid(), ended);
  }
}

interface ClaimedShard extends Record<string, unknown> {
  id: string;
  fence: number;
  items: string;
  first_task: number;
  tasks: Task[];
}

const answersTo = (tasks: readonly Task[], firstTask: number): Answer[] =>
  tasks.map(({ type }, at) => ({
    task: firstTask + at,
    raw: type,
    text: type,
    prompt: type,
    boxes: [],
    confidence: 1,
    tokens: 1,
    end_reason: 'eos',
    warnings: [],
  }));

function endOf(n: number, code: string | undefined, answers: readonly Answer[]): EndedItem {
  if (code !== undefined) {
    return { n, state: 'failed', attempts: 1, error: { code, detail: 'It failed.' } };
  }
  return { n, state: 'succeeded', attempts: 1, answers, width: 1, height: 1 };
}
