import { z } from 'zod';

/** How far back a chart looks. */
export const SPANS = ['15m', '1h', '24h'] as const;
export type Span = (typeof SPANS)[number];

export const seriesQuerySchema = z
  .object({
    span: z.enum(SPANS).default('1h'),
    pool: z.string().min(1).max(140).optional().describe('A model; all together when absent'),
  })
  .meta({ id: 'SeriesQuery' });
export type SeriesQuery = z.output<typeof seriesQuerySchema>;

const values = z.array(z.number().nullable());

/** Columns of equal length; null where nothing was sampled. */
export const seriesSchema = z
  .object({
    object: z.literal('series'),
    span: z.enum(SPANS),
    pool: z.string().nullable(),
    step_seconds: z.int().describe('Between two points'),
    times: z.array(z.int()).describe('Begin of each point, seconds since 1970'),
    items_per_second: values.describe('Images that ended, well or not'),
    failed_per_second: values,
    error_rate: values.describe('Part of the images that failed, 0 to 1; null while none ended'),
    tokens_per_second: values,
    p50_ms: values.describe(
      'Time of an image, from its fetch to its answer; null while none succeeded',
    ),
    p95_ms: values,
    outstanding_items: values,
    backlog_accelerator_seconds: values,
    in_flight_items: values,
    oldest_wait_seconds: values,
    workers: values,
    queued_shards: values,
    cpu_percent: values.describe('Mean of the workers; 100 is one core'),
    gpu_percent: values.describe('Mean of the workers whose GPU says it'),
  })
  .meta({ id: 'Series' });
export type Series = z.infer<typeof seriesSchema>;
