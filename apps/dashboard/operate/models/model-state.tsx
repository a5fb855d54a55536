import { Check, CircleDashed, CirclePause } from 'lucide-react';
import type { Model } from '#contracts';

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

/** Icon and word: never told by colour alone. */
export function ModelState({ model }: { readonly model: Model }) {
  const standing = standingOf(model);
  const Icon = ICONS[standing];
  return (
    <span className="state" data-standing={standing}>
      <Icon size={14} aria-hidden="true" />
      {standing}
    </span>
  );
}
