import { CircleUser } from 'lucide-react';
import { useSession, useSignOut } from '../client/session';
import { roleOf } from '../parts/format';

export function AccountMenu({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const session = useSession().data;
  const signOut = useSignOut();
  if (session === undefined) return null;
  return (
    <>
      <button
        type="button"
        className="icon-button"
        popoverTarget="account"
        aria-label="Account"
        title="Account"
      >
        <CircleUser size={16} aria-hidden="true" />
      </button>
      <div id="account" popover="auto" className="menu">
        <p className="menu-head">
          <strong>{session.tenant.name}</strong>
          <span>
            key {session.key.name} <code>{session.key.hint}…</code>
          </span>
          <span>{roleOf(session.scopes)}</span>
        </p>
        <button
          type="button"
          popoverTarget="account"
          popoverTargetAction="hide"
          onClick={onShortcuts}
        >
          Keyboard shortcuts <kbd>?</kbd>
        </button>
        <a href="/openapi.json">API description</a>
        <button type="button" onClick={() => signOut.mutate()}>
          Sign out
        </button>
      </div>
    </>
  );
}
