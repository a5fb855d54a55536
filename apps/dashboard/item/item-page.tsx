import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useState } from 'react';
import type { CorrectedBox, ItemResult, Job } from '#contracts';
import { useCorrections } from '../client/corrections';
import { useJob } from '../client/jobs';
import { thumbnailUrl, useItem } from '../client/results';
import { Failure } from '../parts/failure';
import { count } from '../parts/format';
import { AnswerCorrection } from './answer-correction';
import { AskAgain } from './ask-again';
import { useAskedAgain } from './asked-again';
import { drawable } from './box-draft';
import { ItemAnswers } from './item-answers';
import { ItemFacts } from './item-facts';
import { ItemPicture } from './item-picture';
import { NewAnswerView } from './new-answer';

export function ItemPage() {
  const { jobId, n: text } = useParams({ from: '/jobs/$jobId/items/$n' });
  const n = Number(text);
  const job = useJob(jobId);
  const item = useItem(job.data, n);
  useEffect(() => {
    document.title = `${item.data?.image.name ?? `Image ${n + 1}`} · Pallet`;
  }, [item.data, n]);
  const error = job.error ?? item.error;
  if (error !== null) return <Failure error={error} />;
  if (job.data === undefined || item.data === undefined) {
    return <div className="blank" aria-busy="true" />;
  }
  return <ItemView key={n} job={job.data} n={n} item={item.data} />;
}

interface Props {
  readonly job: Job;
  readonly n: number;
  readonly item: ItemResult | null;
}

function ItemView({ job, n, item }: Props) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const again = useAskedAgain(item);
  const { boxes } = again;
  const [draft, setDraft] = useState<readonly CorrectedBox[]>();
  const corrections = useCorrections(job.id, n).data?.data;
  const size = { width: item?.image.width ?? 0, height: item?.image.height ?? 0 };
  const shown = useMemo(() => boxes.filter(({ label }) => !hidden.has(label)), [boxes, hidden]);
  const toggle = (label: string): void =>
    setHidden((last) => {
      const next = new Set(last);
      if (!next.delete(label)) next.add(label);
      return next;
    });
  return (
    <div className="item-page" data-compares={again.answers.size > 0 || undefined}>
      <div className="item-head">
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} search={{}} className="quiet">
          {job.name ?? 'Unnamed job'}
        </Link>
        <h1>{item?.image.name ?? `Image ${n + 1}`}</h1>
        <Neighbours job={job} n={n} />
      </div>
      <ItemPicture
        url={thumbnailUrl(job.image_set, n, 1600)}
        size={item?.image ?? { width: null, height: null }}
        boxes={draft === undefined ? shown : drawable(draft, size)}
      />
      <div className="item-side">
        {item === null && <p className="quiet">Nobody has looked at this image yet.</p>}
        {item?.error && (
          <div className="failure">
            <p>{item.error.detail}</p>
            <p className="quiet">
              <code>{item.error.code}</code>
            </p>
          </div>
        )}
        {item !== null && (
          <>
            <ItemAnswers
              tasks={job.tasks}
              item={item}
              hidden={hidden}
              onToggle={toggle}
              beside={({ task: at }) => {
                const now = again.answers.get(at);
                if (now === undefined) return undefined;
                const onShow = (isShown: boolean): void => again.show(at, isShown);
                return (
                  <NewAnswerView now={now} hidden={hidden} onToggle={toggle} onShow={onShow} />
                );
              }}
              below={(answer, task) => (
                <div className="answer-actions">
                  <AnswerCorrection
                    job={job}
                    n={n}
                    answer={answer}
                    task={task}
                    size={size}
                    correction={corrections?.find((known) => known.task === answer.task)}
                    onDraft={setDraft}
                  />
                  {task !== undefined && (
                    <AskAgain
                      job={job}
                      n={n}
                      answer={answer}
                      task={task}
                      onAnswer={(changed, found) => again.take(answer.task, changed, found)}
                    />
                  )}
                </div>
              )}
            />
            <ItemFacts item={item} />
          </>
        )}
      </div>
    </div>
  );
}

function Neighbours({ job, n }: { readonly job: Job; readonly n: number }) {
  const navigate = useNavigate();
  const last = job.item_counts.total - 1;
  // Not later than it is seen where the reader is, or a key that comes at once would go on from the image before.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const step = event.key === '[' ? -1 : event.key === ']' ? 1 : 0;
      const target = n + step;
      if (step === 0 || target < 0 || target > last) return;
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea')) return;
      const params = { jobId: job.id, n: String(target) };
      void navigate({ to: '/jobs/$jobId/items/$n', params, replace: true });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [job.id, n, last, navigate]);
  const to = (target: number) => ({ jobId: job.id, n: String(target) });
  return (
    <nav className="neighbours" aria-label="Other images">
      {n > 0 && (
        <Link
          to="/jobs/$jobId/items/$n"
          params={to(n - 1)}
          replace
          className="icon-button"
          aria-label="Previous image"
        >
          <ChevronLeft size={16} aria-hidden="true" />
        </Link>
      )}
      <span className="quiet">
        {count(n + 1)} of {count(last + 1)}
      </span>
      {n < last && (
        <Link
          to="/jobs/$jobId/items/$n"
          params={to(n + 1)}
          replace
          className="icon-button"
          aria-label="Next image"
        >
          <ChevronRight size={16} aria-hidden="true" />
        </Link>
      )}
    </nav>
  );
}
