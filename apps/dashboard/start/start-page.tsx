import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Job, JobPreview, ModelPage, Task } from '#contracts';
import { request } from '../client/request';
import { useMayWrite } from '../client/session';
import { Failure } from '../parts/failure';
import { counted, duration } from '../parts/format';
import { DropZone } from './drop-zone';
import { SampleAnswers } from './sample-answers';
import { taskOf, type TaskDraft } from './task-draft';
import { TaskEditor } from './task-editor';
import { useUpload } from './use-upload';

const SAMPLES = 3;
const FIRST_TASKS: readonly TaskDraft[] = [{ type: 'caption', text: '' }];

/** From pictures to a job: drop, choose, see a few answers first, start. */
export function StartPage() {
  const upload = useUpload();
  const [drafts, setDrafts] = useState(FIRST_TASKS);
  const [model, setModel] = useState<string>();
  const navigate = useNavigate();
  const mayWrite = useMayWrite();
  useEffect(() => {
    document.title = 'New job · Pallet';
  }, []);
  const tasks = drafts.map(taskOf).filter((task) => task !== undefined);
  const isComplete = tasks.length === drafts.length && tasks.length > 0;
  const images = upload.set?.image_counts.accepted ?? 0;
  const isSent = upload.total > 0 && upload.sent === upload.total;
  const order = { image_set: upload.set?.id, seal: true, tasks, model, name: upload.set?.name };
  const sample = useSample(order);
  const start = useMutation({
    mutationFn: () => request<Job>('/v1/jobs', { method: 'POST', body: order }),
    onSuccess: ({ id }) => navigate({ to: '/jobs/$jobId', params: { jobId: id }, search: {} }),
  });
  if (!mayWrite) return <p className="notice">This API key may look, but start nothing.</p>;
  const isReady = isComplete && isSent && images > 0;
  return (
    <div className="page start">
      <h1>New job</h1>
      <section aria-labelledby="pictures">
        <h2 id="pictures">Pictures</h2>
        <DropZone onFiles={upload.add}>
          <p role="status">
            {upload.total > 0 &&
              (isSent
                ? counted(images, 'image')
                : `${upload.sent} of ${counted(upload.total, 'file')} sent`)}
            {upload.refused.length > 0 && `, ${counted(upload.refused.length, 'file')} refused`}
          </p>
        </DropZone>
        {upload.error !== undefined && <Failure error={upload.error} />}
        <ul className="quiet refused">
          {upload.refused.slice(0, 5).map((file, i) => (
            <li key={i}>
              {file.name}: {file.error?.detail}
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="tasks">
        <h2 id="tasks">Tasks</h2>
        <TaskEditor tasks={drafts} onChange={setDrafts} />
        <ModelChoice value={model} onChange={setModel} />
      </section>
      <div className="actions start-actions">
        <button
          type="button"
          className="button"
          disabled={!isReady || sample.isPending}
          onClick={() => sample.mutate()}
        >
          {sample.isPending ? 'Asking …' : 'See a few answers first'}
        </button>
        <button
          type="button"
          className="button primary"
          disabled={!isReady || start.isPending}
          onClick={() => start.mutate()}
        >
          Start{images > 0 && ` with ${counted(images, 'image')}`}
        </button>
        {sample.data?.estimate && (
          <span className="quiet">about {duration(sample.data.estimate.seconds)} for all</span>
        )}
      </div>
      {start.error && <Failure error={start.error} />}
      {sample.error && <Failure error={sample.error} />}
      {sample.data && upload.set && <SampleAnswers set={upload.set.id} preview={sample.data} />}
    </div>
  );
}

function useSample(order: { readonly tasks: readonly Task[]; readonly image_set?: string }) {
  return useMutation({
    mutationFn: () =>
      request<JobPreview>('/v1/jobs/preview', {
        method: 'POST',
        body: { ...order, samples: SAMPLES },
        headers: { prefer: 'wait=60' },
      }),
  });
}

interface ModelProps {
  readonly value: string | undefined;
  readonly onChange: (model: string | undefined) => void;
}

function ModelChoice({ value, onChange }: ModelProps) {
  const models = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => request<ModelPage>('/v1/models', { signal }),
  }).data?.data;
  if (models === undefined || models.length < 2) return null;
  return (
    <label className="model-choice">
      Model{' '}
      <select value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">the usual one</option>
        {models.map(({ id }) => (
          <option key={id}>{id}</option>
        ))}
      </select>
    </label>
  );
}
