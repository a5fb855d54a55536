import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completePlan, hyperparametersSchema, newUuid } from '#contracts';
import { usePostgres } from '#testing';
import {
  cancelFineTuning,
  claimFineTuning,
  commitFineTuningCheckpoint,
  commitFineTuningProgress,
  createFineTuning,
  Database,
  endFineTuning,
  findFineTuning,
  listFineTuningCheckpoints,
  listFineTuningEvents,
  listModels,
  listModelsWaitedFor,
  migrate,
  MOST_TRAINER_LOSSES,
  renewFineTuning,
  resumeFineTuning,
  sweepFineTunings,
  type FineTuningLease,
  type NewFineTuningEvent,
} from './index.js';

const postgres = usePostgres();
let database: Database;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
});
afterAll(() => database?.close());

const LEASE_MS = 60_000;
const plan = completePlan({
  method: { type: 'full' },
  hyperparameters: hyperparametersSchema.parse({}),
  seed: 1,
});

async function makeTenant(): Promise<string> {
  const id = newUuid();
  await database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [id, id]);
  return id;
}

/** A queued job on a base that no other test trains. */
async function makeJob(base: string = newUuid(), tenantId?: string) {
  const tenant = tenantId ?? (await makeTenant());
  const [jobId, trainingFile] = [newUuid(), newUuid()];
  await database.query(
    `INSERT INTO files (id, tenant_id, name, bytes, sha256) VALUES ($1, $2, 'a', 1, '\\x00')`,
    [trainingFile, tenant],
  );
  await database.transaction((tx) =>
    createFineTuning(tx, {
      id: jobId,
      tenantId: tenant,
      base,
      trainingFile,
      validationFile: null,
      setId: null,
      plan,
      suffix: null,
      precision: 'int8',
      metadata: {},
    }),
  );
  return { tenantId: tenant, jobId, base };
}

const claim = (base: string) => claimFineTuning(database, newUuid(), [base], LEASE_MS);
const expire = (jobId: string) =>
  database.query(`UPDATE fine_tunings SET lease_until = now() - interval '1 s' WHERE id = $1`, [
    jobId,
  ]);
const jobOf = async ({ tenantId, jobId }: { tenantId: string; jobId: string }) =>
  (await findFineTuning(database, tenantId, jobId))!;
const eventsOf = (jobId: string) => listFineTuningEvents(database, jobId, { limit: 10_000 });
const stepEvent = (step: number): NewFineTuningEvent => ({
  type: 'step',
  level: 'info',
  message: `step ${step}`,
  step,
  data: { loss: 1 / step },
});
const checkpointOf = (lease: FineTuningLease, step: number) => ({
  step,
  storedAt: `${lease.jobId}/${step}-${lease.fence}`,
  bytes: 7,
});

describe('a lease on a fine-tuning job', () => {
  it('is given to one of many that ask at once', async () => {
    const { base } = await makeJob();
    const leases = await Promise.all(Array.from({ length: 8 }, () => claim(base)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  it('is for trainers that have the base only', async () => {
    await makeJob();
    expect(await claim(newUuid())).toBeUndefined();
  });

  it('goes on elsewhere from the last checkpoint when its trainer went silent', async () => {
    const job = await makeJob();
    const first = (await claim(job.base))!;
    await commitFineTuningCheckpoint(database, first, checkpointOf(first, 10));
    await commitFineTuningProgress(database, first, { events: [stepEvent(11), stepEvent(12)] });
    expect(await claim(job.base)).toBeUndefined();
    await expire(job.jobId);
    const second = (await claim(job.base))!;
    expect(second).toMatchObject({ fence: first.fence + 1, checkpoint: { step: 10 } });
    // The steps after the checkpoint are computed, and told, again.
    await commitFineTuningProgress(database, second, { events: [stepEvent(11), stepEvent(13)] });
    const events = await eventsOf(job.jobId);
    expect(events.map((event) => event.n)).toEqual(events.map((_, index) => index + 1));
    const steps = events.filter((event) => event.type === 'step').map((event) => event.step);
    expect(steps).toEqual([11, 12, 13]);
    expect(events.some((event) => event.type === 'interrupted')).toBe(true);
  });

  it('that was lost changes nothing any more', async () => {
    const job = await makeJob();
    const paused = (await claim(job.base))!;
    await expire(job.jobId);
    const holder = (await claim(job.base))!;
    const before = [await jobOf(job), await eventsOf(job.jobId)];
    const model = { name: newUuid(), family: 'paligemma', imageSize: 28, storedAt: 'x', note: '' };
    const refused = [
      await renewFineTuning(database, paused, LEASE_MS),
      await commitFineTuningCheckpoint(database, paused, checkpointOf(paused, 3)),
      await commitFineTuningProgress(database, paused, { events: [stepEvent(3)], steps: 9 }),
      await endFineTuning(database, paused, { kind: 'succeeded', step: 3, model }),
      await endFineTuning(database, paused, { kind: 'cancelled' }),
    ];
    expect(refused).toEqual([undefined, undefined, false, false, false]);
    expect([await jobOf(job), await eventsOf(job.jobId)]).toEqual(before);
    expect(await renewFineTuning(database, holder, LEASE_MS)).toEqual({ cancelling: false });
  });

  it('goes first to the tenant that trains least', async () => {
    const base = newUuid();
    const busy = await makeJob(base);
    await makeJob(base, busy.tenantId);
    const other = await makeJob(base);
    expect((await claim(base))?.jobId).toBe(busy.jobId);
    expect((await claim(base))?.jobId).toBe(other.jobId);
  });
});

describe('checkpoints', () => {
  it('are kept but for the newest two, and say which files nobody needs any more', async () => {
    const job = await makeJob();
    const lease = (await claim(job.base))!;
    const dropped: (string[] | undefined)[] = [];
    for (const step of [5, 10, 15]) {
      dropped.push(await commitFineTuningCheckpoint(database, lease, checkpointOf(lease, step)));
    }
    expect(dropped).toEqual([[], [], [checkpointOf(lease, 5).storedAt]]);
    const kept = await listFineTuningCheckpoints(database, job.jobId, { limit: 10 });
    expect(kept.map((checkpoint) => checkpoint.step)).toEqual([15, 10]);
  });

  it('of the same step replace each other, and their event is told once', async () => {
    const job = await makeJob();
    const first = (await claim(job.base))!;
    await commitFineTuningCheckpoint(database, first, checkpointOf(first, 5));
    await expire(job.jobId);
    const second = (await claim(job.base))!;
    const again = checkpointOf(second, 5);
    expect(await commitFineTuningCheckpoint(database, second, again)).toEqual([
      checkpointOf(first, 5).storedAt,
    ]);
    expect(await commitFineTuningCheckpoint(database, second, again)).toEqual([]);
    const told = (await eventsOf(job.jobId)).filter((event) => event.type === 'checkpoint');
    expect(told).toHaveLength(1);
  });
});

describe('a job', () => {
  const change = (kind: typeof cancelFineTuning, job: { tenantId: string; jobId: string }) =>
    database.transaction((tx) => kind(tx, job.tenantId, job.jobId));

  it('is cancelled at once while it waits, and by its trainer while it runs', async () => {
    const waiting = await makeJob();
    expect(await change(cancelFineTuning, waiting)).toBe('cancelled');
    expect(await claim(waiting.base)).toBeUndefined();
    const running = await makeJob();
    const lease = (await claim(running.base))!;
    expect(await change(cancelFineTuning, running)).toBe('cancelling');
    expect(await renewFineTuning(database, lease, LEASE_MS)).toEqual({ cancelling: true });
    await expect(change(resumeFineTuning, running)).rejects.toMatchObject({
      code: 'tuning.cancelling',
      retryable: true,
    });
    await commitFineTuningCheckpoint(database, lease, checkpointOf(lease, 4));
    await endFineTuning(database, lease, { kind: 'cancelled' });
    expect(await change(resumeFineTuning, running)).toBe('queued');
    expect((await claim(running.base))?.checkpoint?.step).toBe(4);
  });

  it('that was to be cancelled when its trainer died is cancelled by the sweep', async () => {
    const job = await makeJob();
    await claim(job.base);
    await change(cancelFineTuning, job);
    await expire(job.jobId);
    expect(await claim(job.base)).toBeUndefined();
    await sweepFineTunings(database);
    expect(await jobOf(job)).toMatchObject({ state: 'cancelled' });
  });

  it('that kills one trainer after the other fails, and others go on', async () => {
    const base = newUuid();
    const job = await makeJob(base);
    const other = await makeJob(base);
    for (let n = 0; n < MOST_TRAINER_LOSSES; n += 1) {
      await sweepFineTunings(database);
      // The other one is older in nothing: the job comes first each time.
      expect((await claim(base))?.jobId).toBe(job.jobId);
      await expire(job.jobId);
    }
    await sweepFineTunings(database);
    expect(await jobOf(job)).toMatchObject({
      state: 'failed',
      error: { code: 'training.crashed' },
    });
    expect((await claim(base))?.jobId).toBe(other.jobId);
    expect(await change(resumeFineTuning, job)).toBe('queued');
  });

  it('that makes its way from checkpoint to checkpoint may lose any number of trainers', async () => {
    const job = await makeJob();
    for (let step = 1; step <= MOST_TRAINER_LOSSES * 2; step += 1) {
      const lease = (await claim(job.base))!;
      await commitFineTuningCheckpoint(database, lease, checkpointOf(lease, step));
      await expire(job.jobId);
      await sweepFineTunings(database);
    }
    expect(await jobOf(job)).toMatchObject({ state: 'running', checkpointStep: 6 });
  });

  it('that succeeds gives its tenant, and nobody else, a model that jobs may name', async () => {
    const job = await makeJob();
    const lease = (await claim(job.base))!;
    const name = `ft-${newUuid()}`;
    const model = { name, family: 'paligemma', imageSize: 28, storedAt: 'x/y', note: 'ours' };
    await endFineTuning(database, lease, { kind: 'succeeded', step: 9, model });
    expect(await jobOf(job)).toMatchObject({ state: 'succeeded', step: 9, model: name });
    const own = await listModels(database, job.tenantId, { limit: 100 });
    expect(own).toContainEqual(expect.objectContaining({ name, isOwn: true, imageSize: 28 }));
    const others = await listModels(database, await makeTenant(), { limit: 100 });
    expect(others.map((each) => each.name)).not.toContain(name);
    expect(await listModelsWaitedFor(database)).toEqual([]);
    await expect(change(resumeFineTuning, job)).rejects.toMatchObject({ code: 'tuning.finished' });
  });
});

type Act = 'claim' | 'work' | 'save' | 'expire' | 'stale' | 'cancel' | 'resume' | 'back' | 'end';
const ACTS: Act[] = ['claim', 'work', 'save', 'expire', 'stale', 'cancel', 'resume', 'back', 'end'];

describe('whatever happens in whatever order', () => {
  it('events count without gaps, steps are told once, and stale trainers are heard by nobody', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...ACTS), { minLength: 5, maxLength: 40 }),
        async (acts) => {
          const job = await makeJob();
          const leases: FineTuningLease[] = [];
          let step = 0;
          let saved = 0;
          for (const act of acts) {
            const held = leases.at(-1);
            if (act === 'claim') {
              await sweepFineTunings(database);
              const lease = await claim(job.base);
              if (lease !== undefined) {
                expect(lease.checkpoint?.step ?? 0).toBe(saved);
                leases.push(lease);
                step = saved;
              }
            } else if (act === 'cancel' || act === 'resume') {
              const kind = act === 'cancel' ? cancelFineTuning : resumeFineTuning;
              await database
                .transaction((tx) => kind(tx, job.tenantId, job.jobId))
                .catch((error: unknown) =>
                  expect(error).toMatchObject({ code: 'tuning.cancelling' }),
                );
            } else if (act === 'expire') await expire(job.jobId);
            else if (act === 'stale') {
              for (const old of leases.slice(0, -1)) {
                expect(
                  await commitFineTuningProgress(database, old, { events: [stepEvent(999)] }),
                ).toBe(false);
              }
            } else if (held !== undefined && act === 'work') {
              step += 1;
              await commitFineTuningProgress(database, held, { events: [stepEvent(step)] });
            } else if (held !== undefined && act === 'save' && step > saved) {
              const done = await commitFineTuningCheckpoint(
                database,
                held,
                checkpointOf(held, step),
              );
              if (done !== undefined) saved = step;
            } else if (held !== undefined && (act === 'back' || act === 'end')) {
              await endFineTuning(
                database,
                held,
                act === 'end'
                  ? { kind: 'cancelled' }
                  : { kind: 'given_back', message: 'drained', afterMs: 0, isLoss: false },
              );
            }
          }
          const events = await eventsOf(job.jobId);
          expect(events.map((event) => event.n)).toEqual(events.map((_, index) => index + 1));
          const told = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
          expect(new Set(told).size).toBe(told.length);
          expect(told).not.toContain(999);
          const { state, finishedAt } = await jobOf(job);
          expect(finishedAt !== null).toBe(['cancelled', 'failed'].includes(state));
        },
      ),
      { numRuns: 150 },
    );
  });
});
