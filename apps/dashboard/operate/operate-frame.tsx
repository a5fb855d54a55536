import { Link, Outlet } from '@tanstack/react-router';

/** Pages of the area, as the tabs show them. */
const PAGES = [
  ['/operate/queue', 'Queue and workers'],
  ['/operate/webhooks', 'Webhooks'],
  ['/operate/models', 'Models'],
  ['/operate/keys', 'API keys'],
] as const;

/** What stands around every page about how the system runs, and who may use it. */
export function OperateFrame() {
  return (
    <div className="page">
      <h1>Operate</h1>
      <nav className="tabs" aria-label="Parts of Operate">
        {PAGES.map(([to, title]) => (
          <Link key={to} to={to}>
            {title}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}
