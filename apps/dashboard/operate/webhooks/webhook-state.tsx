import { Check, CirclePause, TriangleAlert, X } from 'lucide-react';
import type { Webhook } from '#contracts';
import { Age } from '../../parts/age';
import { StateMark } from '../../parts/state-mark';

type Health = 'enabled' | 'failing' | 'switched off' | 'gone' | 'gave up';

const ICONS = {
  enabled: Check,
  failing: TriangleAlert,
  'switched off': CirclePause,
  gone: X,
  'gave up': X,
} satisfies Record<Health, unknown>;

export function healthOf({
  state,
  disabled_reason: reason,
  failing_since: since,
}: Webhook): Health {
  if (state === 'enabled') return since === null ? 'enabled' : 'failing';
  if (reason === 'gone') return 'gone';
  return reason === 'failing' ? 'gave up' : 'switched off';
}

export function WebhookState({ webhook }: { readonly webhook: Webhook }) {
  const health = healthOf(webhook);
  return <StateMark icon={ICONS[health]} standing={health} />;
}

const WHY = {
  'switched off': 'Somebody switched this webhook off, so it is told of nothing.',
  gone: 'It answered 410 Gone, so it is told of nothing any more.',
  'gave up': 'Nothing got through for five days, so it is told of nothing any more.',
};

/** Says why nothing is sent, or that nothing gets through, and what to do about it. */
export function HealthBanner({ webhook }: { readonly webhook: Webhook }) {
  const health = healthOf(webhook);
  if (health === 'enabled') return null;
  if (health === 'failing') {
    return (
      <p className="banner" role="note">
        Nothing gets through since <Age of={webhook.failing_since!} />. It is switched off after
        five days of that.
      </p>
    );
  }
  return (
    <p className="banner" role="note">
      {WHY[health]} Enable it, then recover what it missed.
    </p>
  );
}
