import { Pause, Play, X } from 'lucide-react';
import { useRef } from 'react';
import type { Job } from '#contracts';
import { isOver, useMoveJob } from '../client/jobs';
import { useMayWrite } from '../client/session';
import { Failure } from '../parts/failure';
import { count, counted } from '../parts/format';
import { endedOf } from './pace';

export function JobActions({ job }: { readonly job: Job }) {
  const move = useMoveJob(job.id);
  const mayWrite = useMayWrite();
  if (isOver(job) || job.state === 'cancelling' || !mayWrite) return null;
  return (
    <div className="actions">
      {job.state === 'paused' ? (
        <button type="button" className="button" onClick={() => move.mutate('resume')}>
          <Play size={14} aria-hidden="true" /> Resume
        </button>
      ) : (
        <button type="button" className="button" onClick={() => move.mutate('pause')}>
          <Pause size={14} aria-hidden="true" /> Pause
        </button>
      )}
      <CancelButton job={job} onConfirm={() => move.mutate('cancel')} />
      {move.error && <Failure error={move.error} />}
    </div>
  );
}

interface CancelProps {
  readonly job: Job;
  readonly onConfirm: () => void;
}

/** Cancelling cannot be undone, so it says first what it costs. */
function CancelButton({ job, onConfirm }: CancelProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const left = job.item_counts.total - endedOf(job);
  return (
    <>
      <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
        <X size={14} aria-hidden="true" /> Cancel
      </button>
      <dialog ref={dialog} className="sheet" aria-labelledby="cancel-title">
        <h2 id="cancel-title">Cancel this job?</h2>
        <p>
          {counted(left, 'image is', 'images are')} not looked at any more. The results of the other{' '}
          {count(endedOf(job))} stay.
        </p>
        <div className="actions">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Let it run
          </button>
          <button
            type="button"
            className="button danger"
            onClick={() => {
              dialog.current?.close();
              onConfirm();
            }}
          >
            Cancel the job
          </button>
        </div>
      </dialog>
    </>
  );
}
