import { Link, Outlet } from '@tanstack/react-router';
import { isSignedOut } from '../client/query-client';
import { useSession } from '../client/session';
import { useLive } from '../live/use-live';
import { Failure } from '../parts/failure';
import { AccountMenu } from './account-menu';
import { LiveBadge } from './live-badge';
import { ShortcutSheet } from './shortcut-sheet';
import { SignInPage } from './sign-in-page';
import { useShortcuts } from './shortcuts';
import { ThemeSwitch } from './theme-switch';
import { Wordmark } from './wordmark';

/** Frame of every page; whoever is not signed in sees the sign-in page at the same address. */
export function Shell() {
  const session = useSession();
  if (session.isPending) return <div className="blank" aria-busy="true" />;
  // What was last heard may still be there: the newest answer counts.
  if (isSignedOut(session.error)) return <SignInPage />;
  if (session.data === undefined) {
    return (
      <main className="notice">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </main>
    );
  }
  return <Frame />;
}

function Frame() {
  useLive();
  const { isSheetOpen, closeSheet, openSheet } = useShortcuts();
  return (
    <>
      <a className="skip" href="#content">
        To the content
      </a>
      <header className="bar">
        <Link to="/jobs" search={{}} className="home" aria-label="Pallet, all jobs">
          <Wordmark />
        </Link>
        <nav aria-label="Pages">
          <Link to="/jobs" search={{}} className="tab">
            Jobs
          </Link>
          <Link to="/new" className="tab">
            New job
          </Link>
          <Link to="/operate" className="tab">
            Operate
          </Link>
        </nav>
        <div className="bar-end">
          <LiveBadge />
          <ThemeSwitch />
          <AccountMenu onShortcuts={openSheet} />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <ShortcutSheet isOpen={isSheetOpen} onClose={closeSheet} />
    </>
  );
}
