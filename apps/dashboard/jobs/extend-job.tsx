import { ListPlus } from 'lucide-react';
import { useRef, useState } from 'react';
import type { Job } from '#contracts';
import { isOver, useExtendJob } from '../client/jobs';
import { useMayWrite } from '../client/session';
import { Failure } from '../parts/failure';
import { count } from '../parts/format';
import { taskOf, type TaskDraft } from '../start/task-draft';
import { TaskEditor } from '../start/task-editor';

/** Asks more about the images of a job that has ended; the answers that are there stay. */
export function ExtendJob({ job }: { readonly job: Job }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [drafts, setDrafts] = useState<readonly TaskDraft[]>([]);
  const extend = useExtendJob(job.id);
  const mayWrite = useMayWrite();
  const { succeeded } = job.item_counts;
  if (!mayWrite || !isOver(job) || job.tasks === 'own' || succeeded === 0) return null;
  const tasks = drafts.map(taskOf).filter((task) => task !== undefined);
  const isComplete = tasks.length === drafts.length && tasks.length > 0;
  const close = (): void => dialog.current?.close();
  const ask = (): void =>
    extend.mutate(tasks, {
      onSuccess: () => {
        close();
        setDrafts([]);
      },
    });
  return (
    <div className="actions">
      <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
        <ListPlus size={14} aria-hidden="true" /> Ask more
      </button>
      <dialog ref={dialog} className="sheet" aria-labelledby="extend-title">
        <h2 id="extend-title">Ask more about these images</h2>
        <p>
          The {count(succeeded)} images that have answers are asked the new tasks alone; the old
          answers stay.
        </p>
        <TaskEditor tasks={drafts} onChange={setDrafts} />
        {extend.error && <Failure error={extend.error} />}
        <div className="actions">
          <button type="button" className="button" onClick={close}>
            Leave it
          </button>
          <button
            type="button"
            className="button primary"
            disabled={!isComplete || extend.isPending}
            onClick={ask}
          >
            Ask {count(succeeded)} images
          </button>
        </div>
      </dialog>
    </div>
  );
}
