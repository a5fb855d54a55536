import type { TrainingEvent } from '../training-run.js';
import type { Line, Panel } from './panel.js';
import { smoothed, thinned, type Point } from './series.js';

/** Prompts in any words make a task of each first word; the log has them all. */
const MOST_TASKS = 11;
/** A loss that falls further is drawn by powers of ten: else the end of the run would lie on the axis. */
const EVEN_RATIO = 10;
/** To fit between 0 and 1 as all other scores. */
const CIDER_SCALE = 10;
/** Okabe and Ito's, which nearly everybody can tell apart. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555'];

type Events = readonly TrainingEvent[];

/** Of the updates, as they are and smoothed, and of the examples that were held out. */
export function lossPanel(events: Events): Panel {
  const each = thinned(
    pointsOf(
      events,
      ofStep(({ loss }) => loss),
    ),
  );
  const heldOut = pointsOf(
    events,
    ofEvaluation(({ loss }) => loss),
  );
  const values = [...each, ...heldOut].map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const hasPowers = least > 0 && most > EVEN_RATIO * least;
  const lines: Line[] = [
    { name: 'each update', points: each, colour: COLOURS[0]!, isFaint: true },
    { name: 'smoothed', points: smoothed(each), colour: COLOURS[0]! },
    { name: 'held out', points: heldOut, colour: COLOURS[1]!, hasDots: true },
  ];
  return {
    title: 'Loss',
    unit: hasPowers ? 'nats per token (logarithmic)' : 'nats per token',
    hasPowers,
    range: hasPowers ? [least / 1.1, most * 1.1] : [0, rangeEnd(values)],
    lines: lines.filter(({ points }) => points.length > 0),
  };
}

export function ratePanel(events: Events): Panel {
  const points = pointsOf(
    events,
    ofStep(({ learningRate }) => learningRate),
  );
  return {
    title: 'Learning rate',
    unit: 'per update',
    range: [0, rangeEnd(points.map(({ value }) => value))],
    lines: [{ name: 'learning rate', points, colour: COLOURS[0]! }],
  };
}

/** One for each task that was evaluated, in their alphabetical order. */
export function scorePanels(events: Events): Panel[] {
  const tasks = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.kind !== 'evaluation') continue;
    for (const name of Object.keys(event.metrics)) {
      const [task, metric] = splitName(name);
      tasks.set(task, (tasks.get(task) ?? new Set()).add(metric));
    }
  }
  return [...tasks]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, MOST_TASKS)
    .map(([task, metrics]) => ({
      title: `Held out: ${task.slice(0, 40)}`,
      unit: 'score, 0 to 1',
      range: [0, 1],
      lines: [...metrics].map((metric, index) => ({
        name: metric === 'cider' ? `${metric} / ${CIDER_SCALE}` : metric,
        points: pointsOf(
          events,
          ofEvaluation((event) => scoreOf(event.metrics, task, metric)),
        ),
        colour: COLOURS[index % COLOURS.length]!,
        hasDots: true,
      })),
    }));
}

function scoreOf(
  metrics: Readonly<Record<string, number>>,
  task: string,
  metric: string,
): number | undefined {
  const score = metrics[`${task}.${metric}`];
  return metric === 'cider' && score !== undefined ? score / CIDER_SCALE : score;
}

/** A task may have a dot in its name, a metric has none. */
function splitName(name: string): [task: string, metric: string] {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

const ofStep =
  (value: (event: Extract<TrainingEvent, { kind: 'step' }>) => number) => (event: TrainingEvent) =>
    event.kind === 'step' ? value(event) : undefined;
const ofEvaluation =
  (value: (event: Extract<TrainingEvent, { kind: 'evaluation' }>) => number | undefined) =>
  (event: TrainingEvent) => (event.kind === 'evaluation' ? value(event) : undefined);

/** Numbers that are none (a loss that diverged is null in the log) are left out. */
function pointsOf(
  events: Events,
  valueOf: (event: TrainingEvent) => number | null | undefined,
): Point[] {
  return events.flatMap((event) => {
    const value = valueOf(event);
    if (event.kind === 'started' || typeof value !== 'number' || !Number.isFinite(value)) return [];
    return [{ step: event.step, value }];
  });
}

/** A little above the largest; 1 when there is none, or nothing but 0. */
const rangeEnd = (values: readonly number[]): number => Math.max(0, ...values) * 1.05 || 1;
