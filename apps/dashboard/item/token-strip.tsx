import type { Answer } from '#contracts';
import { counted } from '../parts/format';

/** Each token as a bar: the higher, the surer the model was of it. */
export function TokenStrip({ answer }: { readonly answer: Answer }) {
  const logarithms = answer.token_log_probabilities ?? [];
  if (logarithms.length === 0) return null;
  const least = Math.min(...logarithms.map((value) => Math.exp(value)));
  return (
    <div
      className="tokens"
      role="img"
      aria-label={`${counted(logarithms.length, 'token')}; of the least sure one the model was ${Math.round(least * 100)} % sure`}
    >
      {logarithms.map((value, i) => (
        <span
          key={i}
          title={`token ${answer.token_ids?.[i] ?? i}: ${Math.round(Math.exp(value) * 100)} %`}
          style={{ height: `${Math.max(4, Math.exp(value) * 100)}%` }}
        />
      ))}
    </div>
  );
}
