import type { Series, Span } from '#contracts';
import type { ChartLine } from '../../chart/chart-props';
import { duration, latency, percent } from '../../parts/format';

interface Chart {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly showY?: (value: number) => string;
}

const inPercent = (value: number): string => `${Number(value.toPrecision(3))} %`;

/** Output: what is drawn of the series, all over the same times. A machine without a GPU has no line of one. */
export function chartsOf(series: Series): readonly Chart[] {
  const gpu = { name: 'GPU', values: series.gpu_percent };
  const hasGpu = series.gpu_percent.some((value) => value !== null);
  return [
    {
      title: 'Images a second',
      lines: [
        { name: 'ended', values: series.items_per_second },
        { name: 'failed', values: series.failed_per_second },
      ],
    },
    {
      title: 'Time of an image',
      lines: [
        { name: 'half within', values: series.p50_ms },
        { name: '95 of 100 within', values: series.p95_ms },
      ],
      showY: latency,
    },
    { title: 'Tokens a second', lines: [{ name: 'written', values: series.tokens_per_second }] },
    {
      title: 'Images to do',
      lines: [
        { name: 'all', values: series.outstanding_items },
        { name: 'with workers', values: series.in_flight_items },
      ],
    },
    {
      title: 'Backlog, time of one accelerator',
      lines: [{ name: 'waiting', values: series.backlog_accelerator_seconds }],
      showY: duration,
    },
    {
      title: 'Oldest wait',
      lines: [{ name: 'for a first worker', values: series.oldest_wait_seconds }],
      showY: duration,
    },
    {
      title: 'Error rate',
      lines: [{ name: 'of images that ended', values: series.error_rate }],
      showY: percent,
    },
    { title: 'Workers', lines: [{ name: 'that serve', values: series.workers }] },
    {
      title: 'Processors, mean of the workers',
      lines: [{ name: 'CPU', values: series.cpu_percent }, ...(hasGpu ? [gpu] : [])],
      showY: inPercent,
    },
  ];
}

/** Times of day; none of the spans needs a date beside them. */
export const showTime =
  (span: Span) =>
  (seconds: number): string =>
    new Date(seconds * 1000).toLocaleTimeString('en-GB', {
      hour: '2-digit',
      minute: '2-digit',
      ...(span === '15m' ? { second: '2-digit' } : {}),
    });
