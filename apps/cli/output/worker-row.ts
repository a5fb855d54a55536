import type { Worker } from '#contracts';
import type { Column } from './table.js';

export const WORKER_COLUMNS: readonly Column[] = [
  { title: 'WORKER' },
  { title: 'STATE' },
  { title: 'HOST', most: 24 },
  { title: 'MODEL', most: 24 },
  { title: 'DEVICE', most: 28 },
  { title: 'SLOTS' },
  { title: 'IMAGES/S' },
  { title: 'TOKENS/S' },
  { title: 'CPU' },
  { title: 'GPU' },
  { title: 'MEMORY' },
];

/** What a worker or its machine does not say is a dash. */
export function workerRow({
  id,
  state,
  host,
  pool,
  report,
  drain_requested_at: at,
}: Worker): string[] {
  const asked = at !== null && state !== 'draining' && state !== 'lost' ? `${state}, asked` : state;
  const device = report === null ? '-' : [report.provider, report.device].filter(Boolean).join(' ');
  return [
    id,
    asked,
    host,
    pool,
    device,
    report === null ? '-' : `${report.slots_in_use}/${report.slots}`,
    fixed(report?.images_per_second, 1),
    fixed(report?.tokens_per_second, 0),
    percent(report?.cpu_percent),
    percent(report?.gpu?.percent),
    mebibytes(report?.memory_bytes),
  ];
}

const fixed = (value: number | null | undefined, digits: number): string =>
  value?.toFixed(digits) ?? '-';

const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : `${value.toFixed(0)} %`;

const mebibytes = (bytes: number | null | undefined): string =>
  bytes === null || bytes === undefined ? '-' : `${Math.round(bytes / 2 ** 20)} MiB`;
