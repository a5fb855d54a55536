import type { ShardTicket } from '#contracts';
import { answered } from './deadline.js';
import { ticketId, type DispatchQueue } from './dispatch-queue.js';
import { JOB_OPTIONS, type TicketQueue } from './queue-backend.js';
import { bullmqPriority } from './queue-name.js';

const JOB_NAME = 'shard';

export class BullmqDispatchQueue implements DispatchQueue {
  constructor(private readonly queue: TicketQueue) {}

  async add(
    tickets: readonly ShardTicket[],
    { priority = 0 }: { priority?: number } = {},
  ): Promise<void> {
    if (tickets.length === 0) return;
    await answered(() =>
      this.queue.addBulk(
        tickets.map(({ shardId, generation }) => ({
          name: JOB_NAME,
          data: { shardId, generation },
          opts: {
            ...JOB_OPTIONS,
            jobId: ticketId({ shardId, generation }),
            priority: bullmqPriority(priority),
          },
        })),
      ),
    );
  }

  depth(): Promise<number> {
    // A ticket of a priority is not `waiting` but `prioritized`; one that stalled is `waiting` again.
    return answered(() => this.queue.getJobCountByTypes('waiting', 'prioritized', 'delayed'));
  }

  held(): Promise<ReadonlySet<string>> {
    return answered(async () => {
      // `active` last: where these are separate reads, a ticket taken in between is seen at its end.
      const ids = await this.queue
        .getBackend()
        .getRanges(['prioritized', 'waiting', 'delayed', 'active'], 0, -1);
      return new Set(ids.flat());
    });
  }
}
