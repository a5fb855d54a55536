import {
  Ban,
  Check,
  CircleAlert,
  CircleDashed,
  CirclePause,
  ClockAlert,
  LoaderCircle,
  X,
} from 'lucide-react';
import type { Job } from '#contracts';
import { StateMark } from '../parts/state-mark';

/** How a job stands, in one word; its outcome once it has ended. */
export type Standing =
  | 'queued'
  | 'running'
  | 'paused'
  | 'cancelling'
  | 'succeeded'
  | 'partly failed'
  | 'failed'
  | 'expired'
  | 'cancelled';

const ICONS = {
  queued: CircleDashed,
  running: LoaderCircle,
  paused: CirclePause,
  cancelling: LoaderCircle,
  succeeded: Check,
  'partly failed': CircleAlert,
  failed: X,
  expired: ClockAlert,
  cancelled: Ban,
} satisfies Record<Standing, unknown>;

export function standingOf({ state, outcome }: Job): Standing {
  if (outcome === 'partly_failed') return 'partly failed';
  return outcome ?? (state === 'completed' ? 'succeeded' : state);
}

export function JobState({ job }: { readonly job: Job }) {
  const standing = standingOf(job);
  return <StateMark icon={ICONS[standing]} standing={standing} />;
}
