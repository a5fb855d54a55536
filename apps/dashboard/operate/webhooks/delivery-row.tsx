import { Check, ChevronDown, ChevronRight, CircleDashed, RotateCw, X } from 'lucide-react';
import { useId } from 'react';
import type { WebhookDelivery } from '#contracts';
import { useResend } from '../../client/deliveries';
import { useMayWrite } from '../../client/session';
import { Age } from '../../parts/age';
import { useNow } from '../../parts/clock';
import { Failure } from '../../parts/failure';
import { counted, duration } from '../../parts/format';
import { AttemptLog } from './attempt-log';
import { StateMark } from '../../parts/state-mark';

const ICONS = { pending: CircleDashed, delivered: Check, failed: X };

interface Props {
  readonly delivery: WebhookDelivery;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
  /** Nothing is sent again to a webhook that is switched off. */
  readonly isEnabled: boolean;
}

export function DeliveryRow({ delivery, isOpen, onOpen, isEnabled }: Props) {
  const detailId = useId();
  const mayWrite = useMayWrite();
  const resend = useResend(delivery);
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className="delivery">
      <div className="row delivery-row">
        <button
          type="button"
          className="opener"
          aria-expanded={isOpen}
          aria-controls={detailId}
          data-row=""
          onClick={() => onOpen(!isOpen)}
        >
          <Chevron size={14} aria-hidden="true" />
          {delivery.event.type}
        </button>
        <StateMark icon={ICONS[delivery.state]} standing={delivery.state} />
        <span>{outcomeOf(delivery)}</span>
        <span className="quiet">
          {counted(delivery.attempts, 'attempt')}
          <NextAttempt of={delivery} />
        </span>
        <span className="quiet">
          <Age of={delivery.created_at} />
        </span>
        <span className="row-end">
          {mayWrite && isEnabled && (
            <button
              type="button"
              className="button"
              disabled={resend.isPending}
              onClick={() => resend.mutate()}
            >
              <RotateCw size={14} aria-hidden="true" /> Resend
            </button>
          )}
        </span>
      </div>
      <div id={detailId} hidden={!isOpen}>
        {resend.error && <Failure error={resend.error} />}
        {isOpen && <AttemptLog delivery={delivery} />}
      </div>
    </li>
  );
}

function outcomeOf({ last_status: status, last_error: error }: WebhookDelivery): string {
  if (status !== null) return `answered ${status}`;
  return error ?? '';
}

/** Of one that is not there yet, and whose time is known. */
function NextAttempt({ of }: { readonly of: WebhookDelivery }) {
  const now = useNow();
  if (of.state !== 'pending' || of.next_attempt_at === null) return null;
  const seconds = (Date.parse(of.next_attempt_at) - now) / 1000;
  return <>, next {seconds < 1 ? 'now' : `in ${duration(seconds)}`}</>;
}
