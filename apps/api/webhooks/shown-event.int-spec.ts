import { beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres());
beforeAll(() => rig.serveModel('default'));

async function client() {
  const { headers } = await rig.createTenant();
  const call = (method: 'GET' | 'POST', url: string, payload?: object | string, type?: string) =>
    rig.app.inject({
      method,
      url,
      payload,
      headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
    });
  const make = async (url: string, payload: object | string, type?: string) =>
    (await call('POST', url, payload, type)).json<{ id: string }>();
  /** Its event, which must say what the API says now. */
  const expectTold = async (kind: 'import' | 'batch', url: string, type: string) => {
    const shown = (await call('GET', url)).json<{ id: string }>();
    const events = await rig.database.query<{ type: string; data: unknown }>(
      'SELECT type, data FROM webhook_events WHERE subject_id = $1 ORDER BY id DESC LIMIT 1',
      [parsePublicId(kind, shown.id)],
    );
    expect(events).toEqual([{ type, data: shown }]);
  };
  return { call, make, expectTold };
}

describe('the event of an import', () => {
  const setOf = async ({ make }: Pick<Awaited<ReturnType<typeof client>>, 'make'>) =>
    (await make('/v1/image-sets', {})).id;

  it('is the import as it ended, with the lines that could not be used', async () => {
    const one = await client();
    const url = `/v1/image-sets/${await setOf(one)}/imports?name=odd`;
    const made = await one.make(url, 'no json\n', 'application/jsonl');
    await one.expectTold('import', `/v1/imports/${made.id}`, 'import.completed');
  });

  it('says that it was cancelled, or why it failed', async () => {
    const one = await client();
    const url = `/v1/image-sets/${await setOf(one)}/imports`;
    const line = `{"sha256": "${'ab'.repeat(32)}"}\n`;
    const cancelled = await one.make(url, line, 'application/jsonl');
    await one.call('POST', `/v1/imports/${cancelled.id}/cancel`);
    await one.expectTold('import', `/v1/imports/${cancelled.id}`, 'import.cancelled');
    const failed = await one.make(url, line, 'application/jsonl');
    await rig.database.query(
      `UPDATE imports SET state = 'failed', error = '{"code": "a.b", "detail": "It failed."}', finished_at = now()
       WHERE id = $1`,
      [parsePublicId('import', failed.id)],
    );
    await one.expectTold('import', `/v1/imports/${failed.id}`, 'import.failed');
  });
});

describe('the event of a batch', () => {
  const BOUNDARY = 'x';
  const form = `--${BOUNDARY}\r
Content-Disposition: form-data; name="purpose"\r
\r
batch\r
--${BOUNDARY}\r
Content-Disposition: form-data; name="file"; filename="a.jsonl"\r
\r
{}\r
--${BOUNDARY}--\r
`;

  it.each([
    ['completed', 'succeeded = 2', { errors: null, outcome: 'partly_failed' }],
    ['completed', 'succeeded = 0', { outcome: 'failed' }],
    ['failed', 'failed = 0', { outcome: 'failed' }],
    ['expired', 'succeeded = 1', { outcome: 'expired' }],
    ['cancelled', 'succeeded = 1', { outcome: 'cancelled' }],
  ])('is the batch as it %s, where %s', async (state, ofJob, wanted) => {
    const { call, make, expectTold } = await client();
    const file = await make('/v1/files', form, `multipart/form-data; boundary=${BOUNDARY}`);
    const order = { endpoint: '/v1/chat/completions', completion_window: '24h' };
    const metadata = { who: 'me' };
    const batch = await make('/v1/batches', { ...order, input_file_id: file.id, metadata });
    const url = `/v1/batches/${batch.id}`;
    const { image_set } = (await call('GET', url)).json<{ image_set: string }>();
    const id = parsePublicId('batch', batch.id);
    await rig.database.query(
      `WITH job AS (
         INSERT INTO jobs (id, tenant_id, set_id, model, lane, priority, tasks, state, item_count)
         SELECT gen_random_uuid(), tenant_id, id, 'default', 'bulk', 0, '[]', 'completed', 3 FROM image_sets WHERE id = $2
         RETURNING id
       )
       UPDATE batches SET model = 'default', job_id = job.id, requests = 4, refused = 1, in_progress_at = now(),
         finalizing_at = now(), output_file = input_file FROM job WHERE batches.id = $1`,
      [id, parsePublicId('set', image_set)],
    );
    await rig.database.query(
      `UPDATE jobs SET ${ofJob} WHERE id = (SELECT job_id FROM batches WHERE id = $1)`,
      [id],
    );
    await rig.database.query(
      `UPDATE batches SET state = $2, finished_at = now(), faults = $3 WHERE id = $1`,
      [
        id,
        state,
        state === 'failed' ? '[{"code": "a", "message": "b", "param": null, "line": 2}]' : '[]',
      ],
    );
    await expectTold('batch', url, `batch.${state}`);
    expect((await call('GET', url)).json()).toMatchObject(wanted);
  });
});
