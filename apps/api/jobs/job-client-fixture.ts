import { jobSchema, parsePublicId, type Job } from '#contracts';
import type { ApiRig } from '../spec-rig.js';

/** A tenant with a sealed set of so many images, a job on it, and what the tenant asks. */
export async function jobClient(rig: ApiRig, images: number, more: object = {}) {
  const { headers, tenantId } = await rig.createTenant();
  const call = (method: 'GET' | 'POST', url: string, payload?: object, others: object = {}) =>
    rig.app.inject({ method, url, headers: { ...headers, ...others }, payload });
  const [row] = await rig.database.query<{ id: string }>(
    `INSERT INTO image_sets (id, tenant_id, state, accepted)
     VALUES (gen_random_uuid(), $1, 'sealed', $2) RETURNING replace(id::text, '-', '') AS id`,
    [tenantId, images],
  );
  await rig.database.query(
    `INSERT INTO images (set_id, n, name, sha256)
     SELECT $1::uuid, n, 'image-' || n, sha256(n::text::bytea) FROM generate_series(0, $2::int - 1) AS n`,
    [row!.id, images],
  );
  const order = { image_set: `set_${row!.id}`, tasks: [{ type: 'ocr' }], model: 'default' };
  const job = jobSchema.parse((await call('POST', '/v1/jobs', { ...order, ...more })).json());
  const url = `/v1/jobs/${job.id}`;
  const get = async (): Promise<Job> => (await call('GET', url)).json();
  const results = async (query = '') =>
    (await call('GET', `${url}/results${query}`)).json().data as { n: number; state: string }[];
  /** What the outbox has of it. */
  const events = () =>
    rig.database.query<{ type: string; data: Job }>(
      'SELECT type, data FROM webhook_events WHERE subject_id = $1 ORDER BY id',
      [parsePublicId('job', job.id)],
    );
  return { call, get, results, events, order, job, url, uuid: parsePublicId('job', job.id)! };
}
