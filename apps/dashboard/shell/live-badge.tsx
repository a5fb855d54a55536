import { useSyncExternalStore } from 'react';
import { readConnection, subscribeToConnection } from '../client/connection';

const TITLES = {
  live: 'What you see is as it is now',
  reconnecting: 'No answer just now; asking again',
  stale: 'No answer for a while; what you see may be old',
};

export function LiveBadge() {
  const connection = useSyncExternalStore(subscribeToConnection, readConnection);
  return (
    <span className="live" data-connection={connection} title={TITLES[connection]} role="status">
      {connection}
    </span>
  );
}
