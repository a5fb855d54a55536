import type { Queue } from '#contracts';
import type { WaitingRecord } from '#database';

export const viewWaiting = (record: WaitingRecord): Queue['waiting'][number] => ({
  pool: record.model,
  priority: record.priority,
  jobs: record.jobs,
  items: record.items,
  accelerator_seconds: record.seconds,
  waiting_since: record.waitingSince?.toISOString() ?? null,
});
