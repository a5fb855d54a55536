import { Ban, Check, ClockAlert } from 'lucide-react';
import type { Key } from '#contracts';
import { useRevokeKey } from '../../client/keys';
import { useMayWrite, useSession } from '../../client/session';
import { Age } from '../../parts/age';
import { useNow } from '../../parts/clock';
import { roleOf } from '../../parts/format';
import { ConfirmButton } from '../../parts/confirm-button';
import { StateMark } from '../../parts/state-mark';

const ICONS = { valid: Check, revoked: Ban, expired: ClockAlert };

export function KeyRow({ apiKey }: { readonly apiKey: Key }) {
  const now = useNow();
  const mayWrite = useMayWrite();
  const isExpired = apiKey.expires_at !== null && Date.parse(apiKey.expires_at) <= now;
  const standing = apiKey.revoked_at !== null ? 'revoked' : isExpired ? 'expired' : 'valid';
  return (
    <li className="row key-row">
      <div className="row-name">
        <strong>{apiKey.name}</strong>
        <span className="quiet">
          <code>{apiKey.hint}…</code>
        </span>
      </div>
      <StateMark icon={ICONS[standing]} standing={standing} />
      <span>{roleOf(apiKey.scopes)}</span>
      <span className="quiet">
        {apiKey.last_used_at === null ? (
          'never used'
        ) : (
          <>
            used <Age of={apiKey.last_used_at} />
          </>
        )}
      </span>
      <span className="quiet">
        made <Age of={apiKey.created_at} />
        {standing === 'valid' && apiKey.expires_at !== null && (
          <>, ends {new Date(apiKey.expires_at).toLocaleDateString()}</>
        )}
      </span>
      <span className="row-end">
        {mayWrite && standing !== 'revoked' && <RevokeButton apiKey={apiKey} />}
      </span>
    </li>
  );
}

function RevokeButton({ apiKey }: { readonly apiKey: Key }) {
  const revoke = useRevokeKey(apiKey.id);
  const own = useSession().data?.key;
  const isOwn = own?.hint === apiKey.hint && own.name === apiKey.name;
  return (
    <ConfirmButton
      label={<>Revoke</>}
      title={`Revoke the key “${apiKey.name}”?`}
      no="Keep it"
      yes="Revoke the key"
      action={revoke}
    >
      <p>
        Whatever uses it is refused from now on, and the browsers that signed in with it are signed
        out. This cannot be undone.
      </p>
      {isOwn && (
        <p>
          <strong>You are signed in with this key</strong>, so you are signed out too.
        </p>
      )}
    </ConfirmButton>
  );
}
