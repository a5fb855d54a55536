import type { WebhookAttempt, WebhookDelivery } from '#contracts';
import { useDeliveryLog } from '../../client/deliveries';
import { Failure } from '../../parts/failure';
import { count } from '../../parts/format';

type Headers = Readonly<Record<string, string>>;
type Body = WebhookAttempt['request']['body'];

/** Each attempt: what was sent, what came back. All of it is somebody's text, and stays text. */
export function AttemptLog({ delivery }: { readonly delivery: WebhookDelivery }) {
  const log = useDeliveryLog(delivery);
  if (log.error) return <Failure error={log.error} retry={() => void log.refetch()} />;
  if (log.data === undefined) return <p className="quiet">…</p>;
  return (
    <div className="attempts">
      <p className="quiet">
        event <code>{delivery.event.id}</code>
      </p>
      {log.data.log.length === 0 && <p className="quiet">It was not tried yet.</p>}
      {log.data.log.toReversed().map((attempt) => (
        <Attempt key={attempt.n} attempt={attempt} />
      ))}
    </div>
  );
}

function Attempt({ attempt }: { readonly attempt: WebhookAttempt }) {
  const { n, at, duration_ms: ms, request, response, error } = attempt;
  const name = `Attempt ${n}`;
  return (
    <article className="attempt" aria-label={name}>
      <h3>
        {name} <span className="quiet">{new Date(at).toLocaleString()}, </span>
        <span className="quiet">{count(ms)} ms</span>
      </h3>
      {error && (
        <p className="attempt-error">
          <code>{error.code}</code> {error.detail}
        </p>
      )}
      <div className="columns">
        <Message title={`Request of attempt ${n}`} head={`POST ${request.url}`} {...request} />
        {response && (
          <Message title={`Response to attempt ${n}`} head={`${response.status}`} {...response} />
        )}
      </div>
    </article>
  );
}

interface MessageProps {
  readonly title: string;
  readonly head: string;
  readonly headers: Headers;
  readonly body: Body;
}

function Message({ title, head, headers, body }: MessageProps) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <div>
      <h4>{title}</h4>
      <pre className="code" role="region" aria-label={title} tabIndex={0}>
        {[head, ...lines, '', body.text].join('\n')}
      </pre>
      {body.is_cut && <p className="quiet">There was more; this is what is kept of it.</p>}
    </div>
  );
}
