import type { WebhookPayload } from '#contracts';

export interface EventToSend {
  readonly type: string;
  readonly createdAt: Date;
  /** The subject as the API shows it, as it was when it changed. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Enough to know what happened and whether to look; counts, never results. */
const THIN = [
  'object',
  'id',
  'name',
  'state',
  'status',
  'outcome',
  'item_counts',
  'image_counts',
  'row_counts',
  'request_counts',
  'fine_tuned_model',
  'job',
  'destination',
  'finished_at',
  'message',
] as const;

const PATHS: Readonly<Record<string, string>> = {
  job: '/v1/jobs',
  image_set: '/v1/image-sets',
  import: '/v1/imports',
  batch: '/v1/batches',
  export: '/v1/exports',
  'fine_tuning.job': '/v1/fine-tuning/jobs',
};

/** The body of a delivery: the same bytes at every attempt, so receivers may compare them. */
export function webhookBody(event: EventToSend, payload: WebhookPayload): string {
  const data = payload === 'full' ? event.data : thin(event.data);
  return JSON.stringify({ type: event.type, timestamp: event.createdAt.toISOString(), data });
}

function thin(data: EventToSend['data']): Record<string, unknown> {
  const kept = Object.fromEntries(
    THIN.filter((key) => data[key] !== undefined).map((key) => [key, data[key]]),
  );
  const path = PATHS[String(data['object'])];
  return path === undefined ? kept : { ...kept, url: `${path}/${String(data['id'])}` };
}
