import type { Job, JobLatency as Latency } from '#contracts';
import { useLatency } from '../client/jobs';
import { Failure } from '../parts/failure';
import { count, counted, latency } from '../parts/format';

/** Ends of steps that are written below the drawing: more do not fit a narrow window. */
const MOST_NAMES = 7;

/** How long images took with their worker: a bar a step, and the same as a table. Has its height from the first paint. */
export function JobLatency({ job }: { readonly job: Job }) {
  const found = useLatency(job);
  return (
    <section aria-labelledby="latency" className="latency">
      <h2 id="latency">How long images took</h2>
      {found.error && <Failure error={found.error} />}
      <p className="quiet latency-words">{found.data && inWords(found.data)}</p>
      <div className="latency-place">
        {found.data && found.data.buckets.length > 0 && <Bars {...found.data} />}
      </div>
    </section>
  );
}

function inWords({ images, p50_ms: half, p95_ms: most }: Latency): string {
  if (half === null || most === null) return 'No image has a time yet; known answers take none.';
  return `Half took ${latency(half)} or less, 95 % ${latency(most)} or less, over ${counted(images, 'image')} that succeeded.`;
}

type Bucket = Latency['buckets'][number];

const nameOf = ({ above_ms: above, up_to_ms: upTo }: Bucket): string =>
  upTo === null ? `over ${latency(above)}` : `up to ${latency(upTo)}`;

/** The drawing is for the eye alone: a reader of the screen gets the table. */
function Bars({ buckets, p50_ms: half, p95_ms: most }: Latency) {
  const highest = Math.max(...buckets.map(({ images }) => images));
  const every = Math.ceil(buckets.length / MOST_NAMES);
  const holds = ({ above_ms: above, up_to_ms: upTo }: Bucket, ms: number | null): boolean =>
    ms !== null && ms > above && ms <= (upTo ?? Infinity);
  return (
    <>
      <div className="latency-bars" aria-hidden="true">
        {buckets.map((bucket, at) => (
          <div key={bucket.above_ms} title={`${nameOf(bucket)}: ${count(bucket.images)}`}>
            <span className="latency-mark">
              {[holds(bucket, half) && 'p50', holds(bucket, most) && 'p95']
                .filter(Boolean)
                .join(' ')}
            </span>
            <span className="latency-room">
              {/* One image among a million is seen, too. */}
              <i
                style={{
                  height: bucket.images === 0 ? 0 : `max(2px, ${(100 * bucket.images) / highest}%)`,
                }}
              />
            </span>
            <span className="latency-end">
              {at % every === 0 && (bucket.up_to_ms === null ? '∞' : latency(bucket.up_to_ms))}
            </span>
          </div>
        ))}
      </div>
      <details className="chart-table">
        <summary>Times as a table</summary>
        <div className="table-scroll" role="region" aria-label="Times, the numbers" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Images</th>
              </tr>
            </thead>
            <tbody>
              {buckets.map((bucket) => (
                <tr key={bucket.above_ms}>
                  <th scope="row">{nameOf(bucket)}</th>
                  <td>{count(bucket.images)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
