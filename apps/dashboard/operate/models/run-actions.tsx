import { Download, Play } from 'lucide-react';
import type { FineTuning } from '#contracts';
import { hasEnded, resultUrl, useMoveTuning } from '../../client/fine-tuning';
import { useMayWrite } from '../../client/session';
import { ConfirmButton } from '../../parts/confirm-button';
import { Failure } from '../../parts/failure';

export function RunActions({ run }: { readonly run: FineTuning }) {
  const mayWrite = useMayWrite();
  const cancel = useMoveTuning(run.id, 'cancel');
  const resume = useMoveTuning(run.id, 'resume');
  const mayGoOn = run.state === 'cancelled' || run.state === 'failed';
  return (
    <>
      <div className="actions">
        {mayWrite && !hasEnded(run) && run.state !== 'cancelling' && (
          <ConfirmButton
            label="Cancel"
            title="Cancel this training?"
            no="Let it run"
            yes="Cancel the training"
            action={cancel}
          >
            <p>
              It stops after the update under way, with a checkpoint; from there it can be resumed.
            </p>
          </ConfirmButton>
        )}
        {mayWrite && mayGoOn && (
          <button
            type="button"
            className="button"
            disabled={resume.isPending}
            onClick={() => resume.mutate()}
          >
            <Play size={14} aria-hidden="true" /> Resume
          </button>
        )}
        {run.state === 'succeeded' && (
          <a className="button" href={resultUrl(run.id)} download>
            <Download size={14} aria-hidden="true" /> Download the result
          </a>
        )}
      </div>
      {resume.error && <Failure error={resume.error} />}
    </>
  );
}
