import { publicId, publicItemId, type JobLogEntry, type JobProgress } from '#contracts';
import type { JobLogRecord, JobStagesRecord } from '#database';

type Detail = JobLogRecord['detail'];

/** `1 image`, `2 images`; with a verb where it follows. */
const images = (n: unknown, one = 'image', many = 'images'): string =>
  `${String(n)} ${n === 1 ? one : many}`;

/** What each code says to people. */
const MESSAGES: Readonly<Record<string, (detail: Detail) => string>> = {
  'job.queued': ({ total }) => `${images(total, 'image waits', 'images wait')} for a worker.`,
  'job.extended': ({ items, tasks }) =>
    `Opened again: ${images(items, 'image is', 'images are')} asked ${tasks === 1 ? 'one more task' : `${String(tasks)} more tasks`}.`,
  'job.running': () => 'Workers have it.',
  'job.paused': () => 'Paused: nothing new is begun.',
  'job.cancelling': () => 'To be cancelled; what has begun ends first.',
  'job.cancelled': ({ cancelled }) =>
    `Cancelled; ${images(cancelled, 'image was', 'images were')} not looked at.`,
  'job.completed': ({ succeeded, failed }) =>
    `Every image has ended: ${String(succeeded)} succeeded, ${String(failed)} failed.`,
  'shard.lost': ({ suspects }) =>
    suspects === null
      ? 'A worker was lost, or could not say that it lives; its images run elsewhere.'
      : `The engine crashed with ${images(suspects)} inside; ${suspects === 1 ? 'it runs again apart' : 'they run again apart'} from the others.`,
  'shard.given_back': ({ items }) => `A worker that was told to stop gave back ${images(items)}.`,
  'item.set_aside': ({ n }) =>
    `Image ${String(n)} crashed the engine each time, and was set aside.`,
};

export function viewLogEntry(
  jobId: string,
  { at, level, code, detail }: JobLogRecord,
): JobLogEntry {
  const { n } = detail;
  return {
    object: 'job.log_entry',
    at: at.toISOString(),
    level,
    code,
    message: MESSAGES[code]?.(detail) ?? code,
    detail: { ...detail, ...(typeof n === 'number' && { item: publicItemId(jobId, n) }) },
  };
}

/** In the order that images go through them. */
const STAGES = [
  ['ready', 'waiting'],
  ['dispatched', 'queued'],
  ['leased', 'working'],
  ['done', 'done'],
  ['cancelled', 'cancelled'],
] as const;

export function viewProgress(
  job: { readonly id: string; readonly state: string },
  { stages, workers, leftMs, servingWorkers }: JobStagesRecord,
): JobProgress {
  const isUnderWay = job.state === 'queued' || job.state === 'running';
  const isKnown = isUnderWay && leftMs !== null && servingWorkers > 0;
  return {
    object: 'job.progress',
    job: publicId('job', job.id),
    stages: STAGES.map(([state, stage]) => {
      const found = stages.find((one) => one.state === state);
      return { stage, shards: found?.shards ?? 0, items: found?.items ?? 0 };
    }),
    isolated_items: stages.reduce((sum, { isolated }) => sum + isolated, 0),
    workers: workers.map((worker) => ({ ...worker, id: publicId('worker', worker.id) })),
    estimated_seconds: isKnown ? leftMs / servingWorkers / 1_000 : null,
  };
}
