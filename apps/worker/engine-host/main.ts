/**
 * The engine host: a child of the supervisor that decodes images and runs the model, and nothing else.
 * `session.run` blocks this thread and a native crash ends this process; neither reaches a lease, a lock
 * or another shard's commit. It holds no credentials and opens no connection.
 */
import { AppError, type FromHost, type HostUsage, type ToHost } from '#contracts';
import { MessageBatch } from '../ipc/message-batch.js';
import type { AnalysisEngine, EngineOptions, OpenEngine } from './engine.js';

const [engineModule, modelDirectory, slots, imagePixels, provider] = process.argv.slice(2);

/** A large model may think for minutes before its first answer; this tells thinking from hanging. */
const ALIVE_INTERVAL_MS = 500;

const supervisor = new MessageBatch<FromHost>((batch) => {
  // The channel is gone only when the supervisor is; then nobody waits for the answer.
  if (process.connected) process.send?.(batch);
});

async function main(): Promise<void> {
  const { openEngine } = (await import(engineModule!)) as { openEngine: OpenEngine };
  const engine = await openEngine({
    modelDirectory: modelDirectory!,
    slots: Number(slots),
    imagePixels: Number(imagePixels),
    provider: provider as EngineOptions['provider'],
  });
  serve(engine);
  setInterval(() => supervisor.send({ type: 'alive', usage: readUsage() }), ALIVE_INTERVAL_MS);
  supervisor.send({ type: 'ready', model: engine.model });
}

function readUsage(): HostUsage {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: (user + system) / 1000,
    atMs: performance.now(),
    residentBytes: process.memoryUsage.rss(),
  };
}

function serve(engine: AnalysisEngine): void {
  const running = new Map<number, AbortController>();
  process.on('message', (batch: readonly ToHost[]) => {
    for (const message of batch) {
      if (message.type === 'analyse') void analyse(engine, running, message);
      else if (message.type === 'cancel') running.get(message.request)?.abort();
      else void stop(engine);
    }
  });
}

async function analyse(
  engine: AnalysisEngine,
  running: Map<number, AbortController>,
  message: Extract<ToHost, { type: 'analyse' }>,
): Promise<void> {
  const { request } = message;
  const controller = new AbortController();
  running.set(request, controller);
  try {
    const startedMs = Date.now();
    const result = await engine.analyse({ ...message, signal: controller.signal });
    supervisor.send({ type: 'answered', request, result: { startedMs, ...result } });
  } catch (error) {
    if (!(error instanceof AppError) && !controller.signal.aborted) return fail(error);
    const { code, message: detail } =
      error instanceof AppError ? error : new AppError('engine.cancelled', 'Cancelled.');
    supervisor.send({ type: 'refused', request, code, detail });
  } finally {
    running.delete(request);
  }
}

/** An error that is not the image's fault leaves the engine in an unknown state: start afresh. */
function fail(error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const code = error instanceof AppError ? error.code : 'engine.failed';
  process.exitCode = 1;
  if (!process.connected) process.exit();
  supervisor.flush();
  const lastWords: FromHost[] = [{ type: 'fatal', code, detail }];
  process.send?.(lastWords, () => process.exit());
}

async function stop(engine: AnalysisEngine): Promise<void> {
  await engine.close();
  process.disconnect();
}

// The supervisor decides when the host ends; a Ctrl-C in a terminal reaches the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
// A supervisor that was killed while this file was read has said so already, to nobody.
if (!process.connected) process.exit();
await main().catch(fail);
