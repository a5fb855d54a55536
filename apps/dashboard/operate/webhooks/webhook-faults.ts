import { ProblemError } from '../../client/request';
import type { FieldFault } from '../../parts/field';

export type WebhookFaults = Readonly<Partial<Record<'url' | 'description', FieldFault>>>;

/** What the API has against a field of a webhook, to be said beside it. Empty where it names none. */
export function webhookFaults(error: Error | null): WebhookFaults {
  if (!(error instanceof ProblemError)) return {};
  const { code, detail, errors = [] } = error.problem;
  // The guard of outgoing requests names no field, and a webhook has one address.
  if (code.startsWith('outgoing.')) return { url: { code, detail } };
  const at = (pointer: string) => errors.find((one) => one.pointer === pointer);
  const [url, description] = [at('/url'), at('/description')];
  return { ...(url && { url }), ...(description && { description }) };
}
