import { newUuid, parsePublicId, type IdKind } from '#contracts';
import type { ApiRig } from '../spec-rig.js';

type Tenant = Awaited<ReturnType<ApiRig['createTenant']>>;

/**
 * One thing of each kind that the API can name, all of one tenant; the model is one that it has trained, and
 * `requests` is a file for a batch.
 */
export type Owned = Readonly<Record<OwnedKind | 'model' | 'requests', string>>;
type OwnedKind = Extract<
  IdKind,
  | 'set'
  | 'upload'
  | 'import'
  | 'export'
  | 'model_import'
  | 'job'
  | 'batch'
  | 'file'
  | 'tuning'
  | 'key'
  | 'webhook'
  | 'delivery'
>;

/** The smallest there is: 1 x 1, grey. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
).toString('latin1');

/** A picture as the form field `f`, named after the tenant. */
export const pictureForm = (name: string) => ({
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
  payload: Buffer.from(
    `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}.png"\r\n\r\n${PNG}\r\n--b--\r\n`,
    'latin1',
  ),
});

/** A manifest without a line that can be used: it has ended when it is answered. */
export const manifestOf = (name: string) => ({
  headers: { 'content-type': 'application/jsonl' },
  query: { name },
  payload: Buffer.from(`{"${name}":1}`),
});

/** An order of an export, to an object that is called so. */
export const exportOf = (name: string) => ({
  partial: true,
  destination: `s3://customer/${name}/`,
  access_key_id: name,
  secret_access_key: name,
});

const requestsForm = (name: string) => ({
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
  payload: Buffer.from(
    `--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="${name}.jsonl"\r\n\r\n{}\r\n--b--\r\n`,
  ),
});

/** Input: a text that then stands in every name, note and address of what is made. */
export async function makeOwned(rig: ApiRig, tenant: Tenant, mark: string): Promise<Owned> {
  const { headers } = tenant;
  const make = async (url: string, body: object = {}): Promise<string> => {
    const answer = await rig.app.inject({ method: 'POST', url, headers, payload: body });
    if (answer.statusCode >= 300) throw new Error(`POST ${url}: ${answer.body}`);
    return answer.json<{ id: string }>().id;
  };
  const send = async (url: string, form = pictureForm(mark)): Promise<string> => {
    const all = { ...headers, ...form.headers };
    const { payload } = form;
    const answer = await rig.app.inject({ method: 'POST', url, headers: all, payload });
    if (answer.statusCode >= 300) throw new Error(`POST ${url}: ${answer.body}`);
    return answer.json<{ id: string }>().id;
  };
  const metadata = { mark };
  const set = await make('/v1/image-sets', { name: mark, metadata });
  await send(`/v1/image-sets/${set}/images`);
  const upload = await make(`/v1/image-sets/${set}/uploads`, { name: mark, bytes: 100 });
  const { id: imported } = await rig.app
    .inject({
      method: 'POST',
      url: `/v1/image-sets/${set}/imports`,
      ...manifestOf(mark),
      headers: { ...headers, ...manifestOf(mark).headers },
    })
    .then((answer) => answer.json<{ id: string }>());
  const webhook = await make('/v1/webhooks', { url: `https://${mark}.example.com/` });
  const tasks = [{ type: 'answer', question: mark }];
  const order = { image_set: set, seal: true, tasks, model: 'default', name: mark, metadata };
  const job = await make('/v1/jobs', order);
  const exported = await make(`/v1/jobs/${job}/exports`, exportOf(mark));
  const model_import = await make('/v1/model-imports', {
    model: mark,
    source: mark,
    precision: 'int8',
    state: 'converting',
  });
  const file = await send('/v1/files');
  const requests = await send('/v1/files', requestsForm(mark));
  const batch = await make('/v1/batches', {
    input_file_id: requests,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata,
  });
  const tuning = await make('/v1/fine-tuning/jobs', {
    model: 'base',
    training_file: file,
    metadata,
  });
  const key = await make('/v1/api-keys', { name: mark });
  const delivery = await make(`/v1/webhooks/${webhook}/test`);
  await endOneItem(rig, job, mark);
  return {
    set,
    upload,
    import: imported,
    export: exported,
    model_import,
    job,
    file,
    requests,
    batch,
    tuning,
    key,
    webhook,
    delivery,
    model: await ownModel(rig, tenant, mark),
  };
}

/** An item with an answer, so that there is something to read from the job. */
async function endOneItem(rig: ApiRig, job: string, mark: string): Promise<void> {
  await rig.database.query(
    `INSERT INTO items (job_id, n, state, attempts, error_code, error_detail)
     VALUES ($1::uuid, 0, 'failed', 1, 'image.corrupt', $2)`,
    [parsePublicId('job', job), mark],
  );
}

async function ownModel(rig: ApiRig, { tenantId }: Tenant, mark: string): Promise<string> {
  const name = `ft-${mark}-${newUuid().slice(-8)}`;
  await rig.database.query(
    `INSERT INTO models (name, family, image_size, tenant_id) VALUES ($1, 'paligemma', 224, $2)`,
    [name, tenantId],
  );
  return name;
}
