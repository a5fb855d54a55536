import { Worker, type IQueueBackend, type JobProgress } from 'bullmq';

/**
 * A closing worker renews its locks until its handlers are done and the server has heard of it, which may
 * be never. `letGo` ends that, so that the tickets are delivered elsewhere and no timer keeps us alive.
 */
export class LettingGoWorker<B extends IQueueBackend, C> extends Worker<
  unknown,
  void,
  string,
  B,
  JobProgress,
  C
> {
  letGo(): void {
    void this.lockManager.close();
  }
}
