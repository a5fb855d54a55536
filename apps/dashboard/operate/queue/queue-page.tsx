import { useEffect } from 'react';
import { useMayOperate } from '../../client/session';
import { OwnQueue } from './own-queue';
import { SystemView } from './system-view';

/** Operators see the whole system, others what is theirs. */
export function QueuePage() {
  const mayOperate = useMayOperate();
  useEffect(() => {
    document.title = 'Queue and workers · Pallet';
  }, []);
  return mayOperate ? <SystemView /> : <OwnQueue />;
}
