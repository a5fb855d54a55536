import { useNow } from './clock';
import { duration } from './format';

export function Age({ of }: { readonly of: string }) {
  const seconds = Math.max(0, (useNow() - Date.parse(of)) / 1000);
  return (
    <time dateTime={of} title={new Date(of).toLocaleString()}>
      {seconds < 10 ? 'just now' : `${duration(seconds)} ago`}
    </time>
  );
}
