import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newUuid } from '#contracts';
import { usePostgres } from '#testing';
import {
  addTestDelivery,
  cancelWaitingShards,
  claimDeliveries,
  commitItems,
  createFineTuning,
  Database,
  findDelivery,
  findWebhook,
  forgetWebhooks,
  listAttempts,
  listDeliveries,
  migrate,
  nameWebhook,
  nameWebhookByUrl,
  recordAttempt,
  recoverDeliveries,
  releaseDelivery,
  removeWebhook,
  moveJob,
  resendDelivery,
  rotateWebhookSecret,
  cancelFineTuning,
  updateWebhook,
  type ClaimedDelivery,
  type ClaimLimits,
  type Queryable,
  type WebhookAttemptRecord,
} from './index.js';
import { addJob, addTenant, addWebhook, eventsOf, finishJob, leaseJob } from './webhook-fixture.js';

const postgres = usePostgres();
let database: Database;
let tenantId: string;

beforeAll(async () => {
  database = new Database(await postgres.createDatabase());
  await migrate(database);
});
afterAll(() => database?.close());
beforeEach(async () => {
  // One test's deliveries are not another's to claim.
  await database.query(`UPDATE webhook_endpoints SET state = 'removed'`);
  tenantId = await addTenant(database);
});

const LIMITS: ClaimLimits = { total: 100, perEndpoint: 4, perTenant: 16, leaseMs: 60_000 };
const claim = (limits: Partial<ClaimLimits> = {}) =>
  claimDeliveries(database, { ...LIMITS, ...limits });
const attempt = (status?: number): WebhookAttemptRecord => ({
  at: new Date(),
  durationMs: 3,
  request: { url: 'https://x/', headers: {}, body: { text: '{}', is_cut: false } },
  response:
    status === undefined ? null : { status, headers: {}, body: { text: 'a\0b', is_cut: false } },
  error: status === undefined ? { code: 'outgoing.timeout', detail: 'late' } : null,
});
const deliver = (held: ClaimedDelivery) =>
  recordAttempt(database, held, attempt(200), { delivery: { kind: 'delivered' } });
const tests = async (webhookId: string, count: number) => {
  for (let n = 0; n < count; n += 1) await addTestDelivery(database, tenantId, webhookId);
};

describe('the outbox', () => {
  it('has an event for each turn of a job', async () => {
    const jobId = await addJob(database, tenantId, 3);
    await finishJob(database, jobId, 1);
    const events = await eventsOf(database, tenantId);
    expect(events.map(({ type }) => type)).toEqual(['job.created', 'job.started', 'job.finished']);
    expect(events[2]!.data).toMatchObject({
      state: 'completed',
      outcome: 'partly_failed',
      item_counts: { total: 3, succeeded: 2, failed: 1, cancelled: 0 },
    });
    expect(events[2]!.id[14]).toBe('7');
  });

  it('has nothing of a change that was rolled back, nor a second end of a repeated commit', async () => {
    const jobId = await addJob(database, tenantId, 1);
    const held = await leaseJob(database, jobId);
    const items = [{ n: 0, state: 'succeeded', attempts: 1 }] as const;
    const rolledBack = database.transaction(async (tx) => {
      await commitItems(tx, held, newUuid(), items);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await eventsOf(database, tenantId)).toHaveLength(2);
    await commitItems(database, held, newUuid(), items);
    await commitItems(database, held, newUuid(), items);
    expect(await eventsOf(database, tenantId)).toHaveLength(3);
  });

  it('tells of cancelled jobs and fine-tunings, and of no prediction', async () => {
    const jobId = await addJob(database, tenantId, 2);
    await moveJob(database, tenantId, jobId, 'cancel');
    await cancelWaitingShards(database, jobId);
    await addJob(database, tenantId, 1, { lane: 'interactive' });
    await addFineTuning();
    const types = (await eventsOf(database, tenantId)).map(({ type }) => type);
    expect(types.toSorted()).toEqual([
      'fine_tuning.cancelled',
      'fine_tuning.created',
      'job.cancelled',
      'job.created',
    ]);
  });

  it('goes to those who want it: by type, by job, enabled, and of the tenant', async () => {
    const stranger = await addTenant(database);
    const all = await addWebhook(database, tenantId);
    const named = await addWebhook(database, tenantId, { scope: 'named' });
    const other = await addWebhook(database, tenantId, { events: ['job.cancelled'] });
    const off = await addWebhook(database, tenantId);
    const foreign = await addWebhook(database, stranger);
    await updateWebhook(database, tenantId, off, { state: 'disabled' });
    const id = newUuid();
    await finishJob(database, await addJob(database, tenantId));
    await addJob(database, tenantId, 1, { id });
    await nameWebhook(database, id, named);
    await finishJob(database, id);
    const counts = await Promise.all(
      [all, named, other, off, foreign].map((webhook) =>
        listDeliveries(database, webhook, { limit: 10 }),
      ),
    );
    expect(counts.map((deliveries) => deliveries.length)).toEqual([2, 1, 0, 0, 0]);
  });

  it('tells an endpoint that came with its job of its creation', async () => {
    const shared = { tenantId, url: 'https://a/', description: null, payload: 'full' as const };
    const events = ['job.created', 'job.finished'];
    const name = (tx: Queryable, jobId: string, id: string) =>
      nameWebhookByUrl(tx, jobId, { ...shared, id, events, scope: 'named', secret: 's' });
    const [first, jobId] = [newUuid(), newUuid()];
    const missing = database.transaction((tx) => name(tx, jobId, newUuid()));
    await expect(missing).rejects.toThrow(/foreign key/);
    const before = async (tx: Queryable) =>
      expect(await name(tx, jobId, first)).toEqual({ id: first, isNew: true });
    await addJob(database, tenantId, 1, { id: jobId, before });
    expect(await listDeliveries(database, first, { limit: 9 })).toHaveLength(1);
    // The next job that brings the same URL shares it.
    const next = await addJob(database, tenantId);
    expect(await name(database, next, newUuid())).toEqual({ id: first, isNew: false });
  });
});

async function addFineTuning(): Promise<void> {
  const [id, file] = [newUuid(), newUuid()];
  await database.query(
    `INSERT INTO files (id, tenant_id, name, bytes, sha256) VALUES ($1, $2, 'a', 1, 'x')`,
    [file, tenantId],
  );
  const order = {
    id,
    tenantId,
    base: 'base',
    trainingFile: file,
    validationFile: null,
    setId: null,
  };
  const rest = { plan: {} as never, suffix: null, precision: 'int8' as const, metadata: {} };
  await database.transaction((tx) => createFineTuning(tx, { ...order, ...rest }));
  await database.transaction((tx) => cancelFineTuning(tx, tenantId, id));
}

describe('claims', () => {
  it('hold a few deliveries per endpoint and tenant, however many dispatchers claim', async () => {
    const [a, b] = [await addWebhook(database, tenantId), await addWebhook(database, tenantId)];
    await tests(a, 9);
    await tests(b, 2);
    const rounds = await Promise.all(Array.from({ length: 6 }, () => claim()));
    const more = await claim();
    const held = [...rounds.flat(), ...more];
    expect(new Set(held.map(({ id }) => id)).size).toBe(held.length);
    expect(held).toHaveLength(4 + 2);
    await deliver(held[0]!);
    expect(await claim()).toHaveLength(1);
    expect(await claim({ perEndpoint: 20, perTenant: 7 })).toHaveLength(1);
  });

  it('of one endpoint with a backlog leave the others their turn', async () => {
    const slow = await addWebhook(database, tenantId);
    await tests(slow, 50);
    expect(await claim()).toHaveLength(4);
    const quick = await addWebhook(database, tenantId);
    await tests(quick, 1);
    expect(await claim({ total: 1 })).toHaveLength(1);
  });

  it('carry what is needed to send, with every valid secret, newest first', async () => {
    const id = await addWebhook(database, tenantId, { secret: 'old' });
    const rotate = (secret: string, overlap: number) =>
      database.transaction((tx) => rotateWebhookSecret(tx, id, secret, overlap));
    await rotate('new', 3600);
    await tests(id, 1);
    const [held] = await claim();
    expect(held).toMatchObject({
      type: 'webhook.test',
      attempt: 1,
      failingForMs: null,
      payload: 'thin',
      url: 'https://example.com/hook',
      secrets: ['new', 'old'],
    });
    await releaseDelivery(database, held!);
    await database.query(`UPDATE webhook_secrets SET expires_at = now() WHERE secret = 'old'`);
    expect((await claim())[0]!.secrets).toEqual(['new']);
    for (const secret of ['c', 'd', 'e']) await rotate(secret, 3600);
    await rotate('f', 0);
    const secrets = await database.query('SELECT 1 FROM webhook_secrets WHERE endpoint_id = $1', [
      id,
    ]);
    expect(secrets).toHaveLength(1);
  });

  it('leave alone what is disabled, removed, or asked for rest', async () => {
    const [off, gone, resting] = await Promise.all(
      [1, 2, 3].map(() => addWebhook(database, tenantId)),
    );
    for (const id of [off!, gone!, resting!]) await tests(id, 2);
    await updateWebhook(database, tenantId, off!, { state: 'disabled' });
    await database.transaction((tx) => removeWebhook(tx, tenantId, gone!));
    const [held] = await claim({ total: 1 });
    const after = { delivery: { kind: 'retry', afterMs: 0 }, throttleMs: 60_000 } as const;
    await recordAttempt(database, held!, attempt(429), after);
    expect(await claim()).toEqual([]);
    await database.query('UPDATE webhook_endpoints SET not_before = now() WHERE id = $1', [
      resting!,
    ]);
    expect(await claim()).toHaveLength(2);
  });
});

describe('what came of an attempt', () => {
  it('is kept with the request and the answer, and turns the endpoint', async () => {
    const id = await addWebhook(database, tenantId);
    await tests(id, 1);
    const retry = { kind: 'retry', afterMs: 0 } as const;
    const [first] = await claim();
    expect(await recordAttempt(database, first!, attempt(), { delivery: retry })).toBe(true);
    // Said twice, it counts once.
    expect(await recordAttempt(database, first!, attempt(), { delivery: retry })).toBe(false);
    expect((await findWebhook(database, tenantId, id))?.failingSince).toBeInstanceOf(Date);
    const [second] = await claim();
    expect(second).toMatchObject({ id: first!.id, attempt: 2, failingForMs: expect.any(Number) });
    const gone = { delivery: { kind: 'failed' }, disable: 'gone' } as const;
    await recordAttempt(database, second!, attempt(410), gone);
    expect(await findWebhook(database, tenantId, id)).toMatchObject({
      state: 'disabled',
      disabledReason: 'gone',
    });
    const log = await listAttempts(database, first!.id);
    expect(log.map(({ n, response }) => [n, response?.status])).toEqual([
      [1, undefined],
      [2, 410],
    ]);
    expect(log[1]!.response!.body.text).toBe('a\uFFFDb');
    expect(await findDelivery(database, id, first!.id)).toMatchObject({
      state: 'failed',
      attempts: 2,
      lastStatus: 410,
      nextAttemptAt: null,
    });
    await updateWebhook(database, tenantId, id, { state: 'enabled' });
    await resendDelivery(database, first!.id);
    expect((await claim())[0]).toMatchObject({ id: first!.id, attempt: 1, failingForMs: null });
  });

  it('of a success makes the endpoint healthy', async () => {
    const id = await addWebhook(database, tenantId);
    await tests(id, 1);
    const [first] = await claim();
    await recordAttempt(database, first!, attempt(500), {
      delivery: { kind: 'retry', afterMs: 0 },
    });
    await deliver((await claim())[0]!);
    expect(await findWebhook(database, tenantId, id)).toMatchObject({ failingSince: null });
  });
});

describe('recovery', () => {
  it('sends everything since then that was not acknowledged, once', async () => {
    const id = await addWebhook(database, tenantId);
    await finishJob(database, await addJob(database, tenantId));
    await deliver((await claim())[0]!);
    await updateWebhook(database, tenantId, id, { state: 'disabled' });
    await finishJob(database, await addJob(database, tenantId));
    await finishJob(database, await addJob(database, tenantId));
    await updateWebhook(database, tenantId, id, { state: 'enabled' });
    expect(await recoverDeliveries(database, id, new Date(Date.now() + 60_000))).toBe(0);
    expect(await recoverDeliveries(database, id, new Date(0))).toBe(2);
    expect(await claim()).toHaveLength(2);
    // What is being sent now is left to its sender.
    expect(await recoverDeliveries(database, id, new Date(0))).toBe(0);
    const late = await addWebhook(database, tenantId);
    expect(await recoverDeliveries(database, late, new Date(0))).toBe(3);
  });
});

describe('forgetting', () => {
  it('removes what is past its time, in steps', async () => {
    const [kept, removed] = [
      await addWebhook(database, tenantId),
      await addWebhook(database, tenantId),
    ];
    await tests(kept, 2);
    await tests(removed, 1);
    await database.query(
      `UPDATE webhook_events SET created_at = now() - interval '31 days'
       WHERE id = (SELECT event_id FROM webhook_deliveries WHERE endpoint_id = $1 LIMIT 1)`,
      [kept],
    );
    await database.transaction((tx) => removeWebhook(tx, tenantId, removed));
    expect(await findWebhook(database, tenantId, removed)).toBeUndefined();
    await forgetWebhooks(database);
    expect(await listDeliveries(database, kept, { limit: 9 })).toHaveLength(1);
    const rows = await database.query('SELECT 1 FROM webhook_endpoints WHERE id = $1', [removed]);
    expect(rows).toEqual([]);
  });
});

describe('any order of crashes', () => {
  type Step =
    { kind: 'claim' | 'die' | 'deaf' | 'expire' | 'job' } | { kind: 'send'; pick: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('claim', 'die', 'deaf', 'expire', 'job'),
    }) as fc.Arbitrary<Step>,
    fc.record({ kind: fc.constant('send' as const), pick: fc.nat(50) }),
  );

  it('delivers every event at least once, and always under the same id', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const tenant = await addTenant(database);
      const webhookId = await addWebhook(database, tenant, { events: ['job.created'] });
      const received = new Map<string, number>();
      let held: ClaimedDelivery[] = [];
      const receive = ({ eventId }: ClaimedDelivery) =>
        received.set(eventId, (received.get(eventId) ?? 0) + 1);
      const run = async (one: Step): Promise<void> => {
        if (one.kind === 'claim') held.push(...(await claim()));
        // Killed before it sends, or after, before it could say so: nothing is recorded either way.
        if (one.kind === 'die') held = [];
        if (one.kind === 'deaf') held.splice(0).forEach(receive);
        if (one.kind === 'job') await addJob(database, tenant);
        if (one.kind === 'expire') await expire(webhookId);
        if (one.kind !== 'send' || held.length === 0) return;
        const [delivery] = held.splice(one.pick % held.length, 1);
        receive(delivery!);
        await deliver(delivery!);
      };
      for (const one of steps) await run(one);
      for (;;) {
        await expire(webhookId);
        const rest = await claim();
        if (rest.length === 0) break;
        for (const delivery of rest) {
          receive(delivery);
          await deliver(delivery);
        }
      }
      const events = await eventsOf(database, tenant);
      expect([...received.keys()].toSorted()).toEqual(events.map(({ id }) => id).toSorted());
      const deliveries = await listDeliveries(database, webhookId, { limit: 100 });
      expect(deliveries.every(({ state }) => state === 'delivered')).toBe(true);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  const expire = (webhookId: string) =>
    database.query(
      `UPDATE webhook_deliveries SET lease_until = now(), next_attempt_at = now()
       WHERE endpoint_id = $1 AND lease_until IS NOT NULL`,
      [webhookId],
    );
});
