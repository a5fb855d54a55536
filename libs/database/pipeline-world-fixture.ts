import fc from 'fast-check';
import { expect } from 'vitest';
import { MOST_TASKS, newUuid, NO_JOB_QUOTA, type Task } from '#contracts';
import { feedStep } from '#pipeline';
import {
  cancelLeasedShard,
  cancelWaitingShards,
  claimShard,
  commitItems,
  expireJobs,
  extendJob,
  feedStore,
  listUnsettled,
  loseLease,
  moveJob,
  reconcileDispatched,
  releaseLease,
  retryItems,
  renewLeases,
  settleShards,
  sweepExpiredLeases,
  type Database,
  type Lease,
} from './index.js';
import { answersTo, itemRows, jobRow, MODEL, WildQueue, type MadeJob } from './pipeline-fixture.js';

export type Step =
  | { readonly kind: 'feed' | 'expire' | 'flush' | 'cancel' | 'cancel-waiting' }
  | { readonly kind: 'pause' | 'resume' | 'settle' | 'rush' | 'deadline' }
  | { readonly kind: 'extend'; readonly tasks: readonly Task[]; readonly maxFailureRate?: number }
  | { readonly kind: 'retry'; readonly cancelled: boolean; readonly codes?: readonly string[] }
  | {
      readonly kind: 'claim' | 'release' | 'lose' | 'cancel-leased' | 'renew';
      readonly pick: number;
    }
  | {
      readonly kind: 'commit';
      readonly pick: number;
      readonly share: number;
      readonly failing: boolean;
    };

/** What items fail of here. */
const CODES = ['image.undecodable', 'image.missing', 'engine.crashed'];

const task: fc.Arbitrary<Task> = fc.constantFrom<Task[]>(
  { type: 'ocr' },
  { type: 'caption', language: 'en' },
  { type: 'detect', labels: ['cat'] },
);

type LeaseStep = Exclude<Extract<Step, { pick: number }>, { kind: 'claim' }>;

const pick = fc.nat(1_000);
export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'feed' as const }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('claim' as const), pick }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      pick,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      failing: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'release' as const,
        'lose' as const,
        'renew' as const,
        'cancel-leased' as const,
      ),
      pick,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom({ kind: 'expire' as const }, { kind: 'flush' as const }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ kind: 'cancel' as const }, { kind: 'cancel-waiting' as const }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'settle') }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'deadline' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'rush' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('extend' as const),
      tasks: fc.array(task, { minLength: 1, maxLength: 3 }),
      maxFailureRate: fc.option(fc.constantFrom(0, 0.5), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('retry' as const),
      cancelled: fc.boolean(),
      codes: fc.option(fc.subarray(CODES, { minLength: 1 }), { nil: undefined }),
    }),
  },
);

type Row = Awaited<ReturnType<typeof itemRows>>[number];

/** One job, and everything that can happen to it, one step after the other. */
export class World {
  readonly queue = new WildQueue();
  readonly leases: Lease[] = [];
  /** What was last seen of each item: its run's end is never overwritten, and no answer in any run. */
  readonly seen = new Map<number, Row>();
  #width = 1;

  constructor(
    readonly database: Database,
    readonly job: MadeJob,
  ) {}

  async run(step: Step): Promise<void> {
    const { jobId, tenantId } = this.job;
    if (step.kind === 'feed') await feedStep(feedStore(this.database), this.queue, MODEL, 'bulk');
    else if (step.kind === 'expire') await this.expire();
    else if (step.kind === 'flush')
      await reconcileDispatched(this.database, MODEL, 'bulk', 0, new Set());
    else if (step.kind === 'cancel') await moveJob(this.database, tenantId, jobId, 'cancel');
    else if (step.kind === 'pause' || step.kind === 'resume') await this.move(step.kind);
    else if (step.kind === 'settle') await this.settle();
    else if (step.kind === 'deadline') await this.passDeadline();
    else if (step.kind === 'rush') await this.finish((n) => n % 4 === 0);
    else if (step.kind === 'retry') await this.retry(step);
    else if (step.kind === 'extend') await this.extend(step);
    else if (step.kind === 'cancel-waiting') await cancelWaitingShards(this.database, jobId);
    else if (step.kind === 'claim') await this.claim(step.pick);
    else if ('pick' in step) await this.withLease(step);
  }

  async claim(index: number): Promise<void> {
    const { delivered } = this.queue;
    const ticket = delivered[index % Math.max(1, delivered.length)];
    if (ticket === undefined) return;
    const { state } = await jobRow(this.database, this.job.jobId);
    const lease = await claimShard(this.database, ticket, newUuid(), 60_000);
    if (lease === undefined) return;
    expect(['queued', 'running']).toContain(state);
    this.leases.push(lease);
  }

  /** A job that has ended or is being cancelled says so, and nothing else happens to it. */
  async move(move: 'pause' | 'resume'): Promise<void> {
    const before = await jobRow(this.database, this.job.jobId);
    const moved = moveJob(this.database, this.job.tenantId, this.job.jobId, move);
    if (['queued', 'running', 'paused'].includes(before.state)) await moved;
    else await expect(moved).rejects.toThrow(/has ended|being cancelled/);
  }

  /** A job that has not ended is stopped; one that has does not care. */
  async passDeadline(): Promise<void> {
    const { jobId } = this.job;
    const before = await jobRow(this.database, jobId);
    await this.database.query(
      `UPDATE jobs SET deadline_at = now() - interval '1 second' WHERE id = $1`,
      [jobId],
    );
    await expireJobs(this.database);
    const after = await jobRow(this.database, jobId);
    if (['queued', 'running', 'paused'].includes(before.state)) {
      expect(after).toEqual({ ...before, state: 'cancelling', stop_reason: 'deadline' });
    } else expect(after).toEqual(before);
  }

  /** Exactly the chosen items lose their ends, and nothing else does. */
  async retry(step: Extract<Step, { kind: 'retry' }>): Promise<void> {
    const { tenantId, jobId } = this.job;
    const { state } = await jobRow(this.database, jobId);
    const before = await itemRows(this.database, jobId);
    const isChosen = (row: Row): boolean =>
      row.state === 'failed'
        ? step.codes === undefined || step.codes.includes(row.error_code ?? '')
        : row.state === 'cancelled' && step.cancelled;
    const choice = {
      states: step.cancelled ? (['failed', 'cancelled'] as const) : (['failed'] as const),
      errorCodes: step.codes,
    };
    const retried = this.database.transaction((tx) =>
      retryItems(tx, tenantId, jobId, choice, NO_JOB_QUOTA),
    );
    const chosen = before.filter(isChosen);
    if (state !== 'completed' && state !== 'cancelled') {
      await expect(retried).rejects.toThrow(/has not ended/);
    } else if (chosen.length === 0) {
      await expect(retried).rejects.toThrow(/ended so/);
    } else {
      expect(await retried).toBe(chosen.length);
      const after = await itemRows(this.database, jobId);
      // What was answered before stays, and with it the row.
      const keeps = ({ answers }: Row): boolean => (answers?.length ?? 0) > 0;
      const asBefore = (row: Row): Row =>
        isChosen(row) ? { ...row, state: 'succeeded', error_code: null } : row;
      expect(after).toEqual(before.filter((row) => !isChosen(row) || keeps(row)).map(asBefore));
      for (const { n } of chosen) this.seen.delete(n);
    }
  }

  /** Every item that succeeded is to be done again, and no row is touched. */
  async extend({ tasks, maxFailureRate }: Extract<Step, { kind: 'extend' }>): Promise<void> {
    const { tenantId, jobId } = this.job;
    const job = await jobRow(this.database, jobId);
    const before = await itemRows(this.database, jobId);
    const extension = { tasks, limits: { maxFailureRate } };
    const extended = this.database.transaction((tx) =>
      extendJob(tx, tenantId, jobId, extension, NO_JOB_QUOTA),
    );
    if (job.state !== 'completed' && job.state !== 'cancelled') {
      await expect(extended).rejects.toThrow(/has not ended/);
    } else if (job.tasks.length + tasks.length > MOST_TASKS) {
      await expect(extended).rejects.toThrow(/at most 16 tasks/);
    } else if (job.succeeded === 0) {
      await expect(extended).rejects.toThrow(/No image of this job succeeded/);
    } else {
      expect(await extended).toBe(job.succeeded);
      const open = { state: 'queued', succeeded: 0, stop_reason: null };
      const after = { ...job, ...open, tasks: [...job.tasks, ...tasks] };
      expect(await jobRow(this.database, jobId)).toEqual(after);
    }
    expect(await itemRows(this.database, jobId)).toEqual(before);
  }

  /** Afterwards the feed has nothing of a paused job, and all of one that goes on. */
  async settle(): Promise<void> {
    for (const job of await listUnsettled(this.database)) await settleShards(this.database, job);
    const { state } = await jobRow(this.database, this.job.jobId);
    const shards = await this.database.query<{ state: string }>(
      'SELECT DISTINCT state FROM shards WHERE job_id = $1',
      [this.job.jobId],
    );
    const states = shards.map((shard) => shard.state);
    if (state === 'paused') expect(states).not.toContain('ready');
    if (state === 'queued' || state === 'running') expect(states).not.toContain('held');
  }

  async withLease(step: LeaseStep): Promise<void> {
    const lease = this.leases[step.pick % Math.max(1, this.leases.length)];
    if (lease === undefined) return;
    if (step.kind === 'release') await releaseLease(this.database, lease);
    else if (step.kind === 'renew') await renewLeases(this.database, newUuid(), [lease], 60_000);
    else if (step.kind === 'cancel-leased') await cancelLeasedShard(this.database, lease);
    else if (step.kind === 'commit') await this.commit(lease, step.share, () => step.failing);
    else {
      const suspects = lease.items.slice(0, step.pick % 4).map((item) => item.n);
      await loseLease(this.database, { ...lease, suspects });
    }
  }

  async commit(lease: Lease, share: number, isFailing: (n: number) => boolean): Promise<void> {
    const width = this.#width++;
    const some = lease.items.slice(0, Math.ceil(lease.items.length * share));
    await commitItems(
      this.database,
      lease,
      newUuid(),
      some.map(({ n }) => ({
        n,
        state: isFailing(n) ? 'failed' : 'succeeded',
        attempts: 1,
        width,
        answers: isFailing(n) ? undefined : answersTo(lease, n, width),
        error: isFailing(n) ? { code: CODES[n % CODES.length]!, detail: 'It failed.' } : undefined,
      })),
    );
  }

  async expire(): Promise<void> {
    await this.database.query(
      `UPDATE shards SET lease_until = now() - interval '1 second' WHERE job_id = $1 AND state = 'leased'`,
      [this.job.jobId],
    );
    await sweepExpiredLeases(this.database);
  }

  async expectNothingOverwritten(): Promise<void> {
    for (const row of await itemRows(this.database, this.job.jobId)) {
      const before = this.seen.get(row.n) ?? row;
      if (JSON.stringify(row) !== JSON.stringify(before)) {
        // A later run alone, and it only adds.
        expect(row.run).toBeGreaterThan(before.run);
        const answered = before.answers ?? [];
        expect((row.answers ?? []).slice(0, answered.length)).toEqual(answered);
        expect(row.width).toBe(before.width ?? row.width);
      }
      this.seen.set(row.n, row);
    }
  }

  /** An honest system takes over: everything must end. */
  async finish(isFailing: (n: number) => boolean = () => false): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      const { state } = await jobRow(this.database, this.job.jobId);
      if (state === 'completed' || state === 'cancelled') return;
      await this.expire();
      if (state === 'paused') await this.move('resume');
      await this.settle();
      await reconcileDispatched(this.database, MODEL, 'bulk', 0, new Set());
      await cancelWaitingShards(this.database, this.job.jobId);
      this.queue.delivered.length = 0;
      await feedStep(feedStore(this.database), this.queue, MODEL, 'bulk');
      for (const ticket of this.queue.delivered) {
        const lease = await claimShard(this.database, ticket, newUuid(), 60_000);
        if (lease !== undefined) await this.commit(lease, 1, isFailing);
      }
    }
    throw new Error('the job does not end');
  }
}
