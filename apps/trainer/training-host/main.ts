/**
 * The training host: a child of the trainer, or of `pallet train`, that runs one training and makes a model
 * of its result. It holds no credentials and opens no connection; all it knows is folders.
 */
import {
  AppError,
  type FromTrainingHost,
  type ToTrainingHost,
  type TrainingFailure,
  type TrainingOrder,
} from '#contracts';
import type { TrainingEvent } from '#paligemma';
import { openTrain } from './open-train.js';
import { recipeOfPlan } from './recipe-of-plan.js';
import { takeSnapshot } from './snapshot.js';

const [trainModule] = process.argv.slice(2);
const stopping = new AbortController();

/** One update of a large model may take minutes; between the parts of it this gets its turn. */
const ALIVE_INTERVAL_MS = 5_000;

function send(message: FromTrainingHost): void {
  // The channel is gone only when our parent is; then nobody waits for the news.
  if (process.connected) process.send?.(message);
}

/** The last message; then this process ends. */
function end(message: FromTrainingHost): void {
  if (!process.connected) process.exit();
  process.send?.(message, () => process.exit());
}

async function run(order: TrainingOrder): Promise<void> {
  const train = await openTrain(trainModule);
  const { base, data, validation, output, threads, publish } = order;
  const outcome = await train({
    base,
    data,
    validation,
    output,
    threads,
    recipe: recipeOfPlan(order.plan),
    signal: stopping.signal,
    onEvent: (event) => send({ type: 'progress', progress: tellable(event, order) }),
  });
  const { end: how, step, result } = outcome;
  if (result === undefined || publish === undefined) {
    return end({ type: 'ended', end: how, step, result });
  }
  // Only now: a training needs the memory that this takes to load.
  const { publishModel } = await import('./publish.js');
  const model = await publishModel(order, publish, result, (done) =>
    send({ type: 'importing', ...done }),
  );
  end({ type: 'ended', end: how, step, result, model });
}

function tellable(event: TrainingEvent, { output, snapshots }: TrainingOrder): TrainingEvent {
  if (event.kind !== 'checkpoint' || snapshots === undefined) return event;
  return { ...event, folder: takeSnapshot({ output, snapshots }, event.folder) };
}

function failureOf(error: unknown): TrainingFailure {
  if (error instanceof AppError) {
    const { code, message: detail, retryable, context } = error;
    return { code, detail, retryable, context: plain(context) };
  }
  const detail = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof Error ? error.stack : detail}\n`);
  return { code: 'training.broken', detail, retryable: false, context: {} };
}

/** What can be sent: contexts may hold anything. */
function plain(context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(context)) as Record<string, unknown>;
}

process.on('message', (message: ToTrainingHost) => {
  if (message.type === 'stop') stopping.abort();
  else {
    run(message.order).catch((error: unknown) => {
      end({ type: 'failed', failure: failureOf(error) });
    });
  }
});
// Our parent decides when the training ends; a Ctrl-C in a terminal reaches the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
// A parent that was killed while this file was read has said so already, to nobody.
if (!process.connected) process.exit();
setInterval(() => send({ type: 'alive' }), ALIVE_INTERVAL_MS).unref();
send({ type: 'ready' });
