import { WaitingError, type Job } from 'bullmq';
import { AppError, shardTicketSchema, type ShardTicket } from '#contracts';
import { within } from './deadline.js';
import type { Consumer } from './dispatch-queue.js';
import type { ErrorReport } from './error-report.js';
import type { OpenWorker, QueueBackend } from './queue-backend.js';

type Handle = (ticket: ShardTicket, signal: AbortSignal) => Promise<void>;

/**
 * States: taking -> paused -> closed, or taking -> closed. A closing consumer has until its deadline to
 * leave in good order; then its connections are cut, because BullMQ's own `close()` never returns while
 * Redis is down or frozen.
 */
export class BullmqConsumer implements Consumer {
  readonly #open: OpenWorker;
  readonly #closing = new AbortController();
  #isTaking = true;
  #closed: Promise<void> | undefined;

  constructor(
    backend: QueueBackend,
    name: string,
    concurrency: number,
    private readonly handle: Handle,
    private readonly errors: ErrorReport,
  ) {
    this.#open = backend.openWorker(name, (job, token) => this.#process(job, token), concurrency);
    // A lost lock arrives here too. The handler goes on: its lease in Postgres decides, not the lock.
    this.#open.worker.on('error', errors.report);
  }

  async pause(): Promise<void> {
    this.#isTaking = false;
    await this.#open.worker.pause(true);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#isTaking = false;
    this.#closing.abort();
    await within(this.#open.worker.close().catch(this.errors.report), deadlineMs);
    this.#open.sever();
  }

  async #process(job: Job<unknown, void, string>, token: string | undefined): Promise<void> {
    if (!this.#isTaking) {
      // It was on its way already when we stopped; another worker takes it at once.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const ticket = shardTicketSchema.safeParse(job.data);
    if (!ticket.success) {
      this.errors.report(malformed(job.id, ticket.error));
      return;
    }
    try {
      await this.handle(ticket.data, this.#closing.signal);
    } catch (error) {
      this.errors.report(error);
    }
  }
}

const malformed = (id: string | undefined, cause: unknown): AppError =>
  new AppError('queue.ticket_malformed', `Ticket ${id} is none of ours and was dropped.`, {
    cause,
  });
