import type { FineTuningEvent } from '#contracts';
import type { ChartLine } from '../../chart/chart-props';

export interface Curves {
  /** Updates done, ascending. */
  readonly x: readonly number[];
  readonly lines: readonly ChartLine[];
}

const NONE: Curves = { x: [], lines: [] };

/** Input: events of a run, in order. Output: the loss of each step, and of the held-out examples where they were asked. */
export function lossCurves(events: readonly FineTuningEvent[]): Curves {
  const training = valuesOf(events, 'step', ({ data }) => data['loss']);
  const heldOut = valuesOf(events, 'evaluation', ({ data }) => data['loss']);
  return together([
    { name: 'training', values: training },
    { name: 'held out', values: heldOut, isSparse: true },
  ]);
}

/** Output: each score of the held-out examples over the steps at which they were asked. */
export function scoreCurves(events: readonly FineTuningEvent[]): Curves {
  const names = new Set<string>();
  for (const { type, data } of events) {
    if (type === 'evaluation') for (const name of Object.keys(metricsOf(data))) names.add(name);
  }
  return together(
    [...names].toSorted().map((name) => ({
      name,
      values: valuesOf(events, 'evaluation', ({ data }) => metricsOf(data)[name]),
      isSparse: true,
    })),
  );
}

interface Points {
  readonly name: string;
  /** By step. */
  readonly values: ReadonlyMap<number, number>;
  readonly isSparse?: boolean;
}

/** Lines that have no value at all are left out. */
function together(lines: readonly Points[]): Curves {
  const drawn = lines.filter(({ values }) => values.size > 0);
  if (drawn.length === 0) return NONE;
  const x = [...new Set(drawn.flatMap(({ values }) => [...values.keys()]))].toSorted(
    (one, other) => one - other,
  );
  return {
    x,
    lines: drawn.map(({ values, ...line }) => ({
      ...line,
      values: x.map((step) => values.get(step) ?? null),
    })),
  };
}

function valuesOf(
  events: readonly FineTuningEvent[],
  type: FineTuningEvent['type'],
  read: (event: FineTuningEvent) => unknown,
): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  for (const event of events) {
    const value = event.type === type ? read(event) : undefined;
    if (event.step !== null && typeof value === 'number' && Number.isFinite(value)) {
      values.set(event.step, value);
    }
  }
  return values;
}

function metricsOf(data: FineTuningEvent['data']): Readonly<Record<string, unknown>> {
  const { metrics } = data;
  return typeof metrics === 'object' && metrics !== null ? { ...metrics } : {};
}
