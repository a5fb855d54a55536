import type { ItemResult } from '#contracts';

const STAGES = [
  ['fetch_ms', 'fetched'],
  ['decode_ms', 'decoded'],
  ['encode_ms', 'encoded'],
  ['generate_ms', 'answered'],
] as const;

export function ItemFacts({ item }: { readonly item: ItemResult }) {
  const { width, height, sha256, custom_id: customId, metadata } = item.image;
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">About this image</h2>
      <dl className="facts">
        {customId !== null && (
          <>
            <dt>Custom id</dt>
            <dd>{customId}</dd>
          </>
        )}
        {Object.entries(metadata).map(([key, value]) => (
          <div key={key} className="contents">
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {width !== null && (
          <>
            <dt>Size</dt>
            <dd>
              {width} × {height}
            </dd>
          </>
        )}
        <dt>Attempts</dt>
        <dd>{item.attempts}</dd>
        {item.timings !== null && (
          <>
            <dt>Time</dt>
            <dd>
              {STAGES.map(([key, name]) => `${name} ${Math.round(item.timings![key])} ms`).join(
                ', ',
              )}
            </dd>
          </>
        )}
        {item.worker !== null && (
          <>
            <dt>Worker</dt>
            <dd>
              {item.worker.host ?? 'gone for long'} <code className="quiet">{item.worker.id}</code>
            </dd>
          </>
        )}
        {item.leased_at !== null && (
          <>
            <dt>Leased</dt>
            <dd>{new Date(item.leased_at).toLocaleString()}, with others</dd>
          </>
        )}
        <dt>Ended</dt>
        <dd>{new Date(item.finished_at).toLocaleString()}</dd>
        <dt>SHA-256</dt>
        <dd>
          <code>{sha256}</code>
        </dd>
      </dl>
    </section>
  );
}
