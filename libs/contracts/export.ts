import { z } from 'zod';

/** How the results of a job can be written; docs/exports.md says what goes where. */
export const exportFormatSchema = z
  .enum([
    'jsonl',
    'csv',
    'parquet',
    'coco',
    'coco-results',
    'yolo',
    'pascal-voc',
    'label-studio',
    'cvat',
    'annotated',
    'masks',
  ])
  .meta({ id: 'ExportFormat' });
export type ExportFormatName = z.infer<typeof exportFormatSchema>;

export const exportQuerySchema = z.object({
  format: exportFormatSchema.default('jsonl'),
  partial: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true`: what has ended so far, of a job that still runs'),
});
export type ExportQuery = z.output<typeof exportQuerySchema>;
