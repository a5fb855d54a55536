import { z } from 'zod';
import { idSchema } from './identifier.js';
import { pageOf, timestamp } from './page.js';

const gpuSchema = z
  .object({
    name: z.string(),
    percent: z.number().nullable().describe('How busy it is'),
    memory_bytes: z.int().nullable().describe('In use, by whatever uses it'),
    memory_total_bytes: z.int().nullable(),
  })
  .describe('As its driver says; null where it says nothing');

/** What a worker says of itself at each heartbeat; rates are of the time since the last one. */
export const workerReportSchema = z
  .object({
    version: z.string().describe('Of Pallet'),
    provider: z.enum(['cpu', 'webgpu', 'cuda']).describe('What computes the model'),
    device: z.string().nullable().describe('Name of the processor that does; null where unknown'),
    slots: z.int().describe('Images that it has in its engine at once'),
    slots_in_use: z.int(),
    images_per_second: z.number(),
    tokens_per_second: z.number().describe('Written by the model'),
    cpu_percent: z.number().nullable().describe('100 is one core; of supervisor and engine'),
    memory_bytes: z.int().nullable().describe('Resident, of supervisor and engine'),
    gpu: gpuSchema.nullable(),
  })
  .meta({ id: 'WorkerReport' });
export type WorkerReport = z.infer<typeof workerReportSchema>;
export type GpuReport = NonNullable<WorkerReport['gpu']>;

/** What a worker says that it does. */
export type WorkerActivity = 'starting' | 'ready' | 'busy' | 'draining';

export const workerSchema = z
  .object({
    object: z.literal('worker'),
    id: idSchema('worker'),
    pool: z.string().describe('The model that it serves'),
    host: z.string(),
    pid: z.int(),
    state: z
      .enum(['starting', 'ready', 'busy', 'draining', 'lost'])
      .describe('`lost`: not heard of for 15 s; forgotten after an hour'),
    started_at: timestamp,
    seen_at: timestamp.describe('Its last heartbeat'),
    drain_requested_at: timestamp.nullable().describe('When somebody asked it to end'),
    report: workerReportSchema.nullable().describe('null for a worker of an older version'),
  })
  .meta({ id: 'Worker' });
export type Worker = z.infer<typeof workerSchema>;

export const workerPageSchema = pageOf('WorkerPage', workerSchema);
export type WorkerPage = z.infer<typeof workerPageSchema>;
