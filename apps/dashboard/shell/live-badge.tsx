import { useConnection } from '../client/connection';

const TITLES = {
  live: 'What you see is as it is now',
  reconnecting: 'Changes are not told just now; asked for every ten seconds instead',
  stale: 'Nothing heard for a while; what you see may be old',
};

export function LiveBadge() {
  const connection = useConnection();
  return (
    <span className="live" data-connection={connection} title={TITLES[connection]} role="status">
      {connection}
    </span>
  );
}
