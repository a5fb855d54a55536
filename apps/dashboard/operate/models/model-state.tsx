import { Check, CircleDashed, CirclePause } from 'lucide-react';
import type { Model } from '#contracts';
import { StateMark } from '../../parts/state-mark';

type Standing = 'serving' | 'on demand' | 'nobody serves it';

const ICONS = {
  serving: Check,
  'on demand': CirclePause,
  'nobody serves it': CircleDashed,
} satisfies Record<Standing, unknown>;

/** A model that was trained here gets a worker from a trainer while jobs name it. */
function standingOf({ workers, is_own: isOwn }: Model): Standing {
  if (workers > 0) return 'serving';
  return isOwn ? 'on demand' : 'nobody serves it';
}

export function ModelState({ model }: { readonly model: Model }) {
  const standing = standingOf(model);
  return <StateMark icon={ICONS[standing]} standing={standing} />;
}
