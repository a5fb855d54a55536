import type { ShardTicket } from '#contracts';
import type { Lane } from '#pipeline';
import { BullmqConsumer } from './bullmq-consumer.js';
import { BullmqDispatchQueue } from './bullmq-dispatch-queue.js';
import type { Consumer, DispatchQueue, QueueSystem } from './dispatch-queue.js';
import type { ErrorReport } from './error-report.js';
import type { QueueBackend } from './queue-backend.js';
import { queueName } from './queue-name.js';

export class BullmqQueueSystem implements QueueSystem {
  readonly kind: QueueSystem['kind'];
  readonly #queues = new Map<string, DispatchQueue>();
  readonly #consumers: Consumer[] = [];

  constructor(
    private readonly backend: QueueBackend,
    private readonly errors: ErrorReport,
  ) {
    this.kind = backend.kind;
  }

  queue(model: string, lane: Lane): DispatchQueue {
    const name = queueName(model, lane);
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const bullmq = this.backend.openQueue(name);
    bullmq.on('error', this.errors.report);
    const queue = new BullmqDispatchQueue(bullmq);
    this.#queues.set(name, queue);
    return queue;
  }

  consume(
    model: string,
    lane: Lane,
    { concurrency }: { concurrency: number },
    handle: (ticket: ShardTicket, signal: AbortSignal) => Promise<void>,
  ): Consumer {
    const name = queueName(model, lane);
    const consumer = new BullmqConsumer(this.backend, name, concurrency, handle, this.errors);
    this.#consumers.push(consumer);
    return consumer;
  }

  check(): Promise<void> {
    return this.backend.check();
  }

  async close(deadlineMs: number): Promise<void> {
    const end = performance.now() + deadlineMs;
    await Promise.all(this.#consumers.map((consumer) => consumer.close(deadlineMs)));
    await this.backend.close(Math.max(0, end - performance.now()));
  }
}
