import { useEffect } from 'react';
import { useKeys } from '../../client/keys';
import { useMayWrite } from '../../client/session';
import { Failure } from '../../parts/failure';
import { MoreButton } from '../../parts/more-button';
import { KeyRow } from './key-row';
import { NewKey } from './new-key';

export function KeysPage() {
  const keys = useKeys();
  const mayWrite = useMayWrite();
  useEffect(() => {
    document.title = 'API keys · Pallet';
  }, []);
  const rows = keys.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section aria-labelledby="keys">
      <div className="page-head">
        <h2 id="keys">API keys</h2>
        {mayWrite && <NewKey />}
      </div>
      {keys.error && <Failure error={keys.error} />}
      <ul className="rows" aria-label="API keys, newest first">
        {rows.map((key) => (
          <KeyRow key={key.id} apiKey={key} />
        ))}
      </ul>
      <MoreButton of={keys} label="Older keys" />
    </section>
  );
}
