import type { Job, JobProgress } from '#contracts';
import { useProgress } from '../client/jobs';
import { count, counted, duration } from '../parts/format';
import { endedOf } from './pace';

const WORDS = {
  waiting: 'waiting for a place in the queue',
  queued: 'waiting for a worker',
  working: 'with a worker',
} as const;

/** Where the images of a job are that have not ended, and who has them; nothing once all have. */
export function JobStages({ job }: { readonly job: Job }) {
  const progress = useProgress(job).data;
  if (job.finished_at !== null) return null;
  const of = (stage: keyof typeof WORDS): number =>
    progress?.stages.find((known) => known.stage === stage)?.items ?? 0;
  return (
    <>
      <ol className="stages" aria-label="Where the images are">
        {(['waiting', 'queued', 'working'] as const).map((stage) => (
          <li key={stage} data-empty={of(stage) === 0 || undefined}>
            <strong>{progress === undefined ? '…' : count(of(stage))}</strong> {WORDS[stage]}
          </li>
        ))}
        <li>
          <strong>{count(endedOf(job))}</strong> ended
        </li>
      </ol>
      <p className="quiet hands">{progress && hands(progress)}</p>
    </>
  );
}

function hands({ workers, isolated_items: apart, estimated_seconds: seconds }: JobProgress) {
  const names = workers.map(({ host, items }) => `${host} (${counted(items, 'image')})`);
  return [
    names.length === 0
      ? 'No worker has any of it just now.'
      : `Working on it: ${names.join(', ')}.`,
    ...(apart > 0 ? [`${counted(apart, 'image')} apart: suspected of crashing the engine.`] : []),
    ...(seconds === null
      ? []
      : [`With all workers of its model to itself it needs ${duration(seconds)} more.`]),
  ].join(' ');
}
