import type { IdKind } from '#contracts';
import type { Route } from '../route-table/route-table.js';
import { exportOf, manifestOf, pictureForm, type Owned } from './owned.js';

/**
 * What the isolation test knows of the routes. Whoever adds a route adds to these tables what it cannot
 * guess: it fails, and names the table, until then.
 */

/** What the last parameter of a path names. */
const PATH_IDS: Readonly<Record<string, Exclude<keyof Owned, 'model'>>> = {
  '/v1/image-sets/:id': 'set',
  '/v1/imports/:id': 'import',
  '/v1/uploads/:id': 'upload',
  '/v1/jobs/:id': 'job',
  '/v1/exports/:id': 'export',
  '/v1/model-imports/:id': 'model_import',
  '/v1/files/:id': 'file',
  '/v1/batches/:id': 'batch',
  '/v1/fine-tuning/jobs/:id': 'tuning',
  '/v1/api-keys/:id': 'key',
  '/v1/webhooks/:id': 'webhook',
  '/v1/webhooks/:id/deliveries/:delivery': 'delivery',
};

export interface Filling {
  readonly headers?: Record<string, string>;
  readonly payload?: object | Buffer;
  readonly query?: Record<string, string>;
}

/** 100 of them. */
const MD5_OF_ZEROS = 'bQuwCVTOt/vuQ2u1WoOXqQ==';

/** What a route with an id needs besides: nothing, where it is not here. */
const FILLINGS: Readonly<Record<string, Filling>> = {
  'POST /v1/image-sets/:id/images': pictureForm('more'),
  'POST /v1/image-sets/:id/images/known': {
    payload: { images: [{ name: 'a.png', sha256: '0'.repeat(64) }] },
  },
  'POST /v1/image-sets/:id/imports': manifestOf('more'),
  'DELETE /v1/image-sets/:id/images': { query: { name: 'nothing.png' } },
  'POST /v1/image-sets/:id/uploads': { payload: { name: 'a.zip', bytes: 100 } },
  'POST /v1/uploads/:id/parts': { payload: { parts: [{ n: 0, md5: MD5_OF_ZEROS }] } },
  'PUT /v1/uploads/:id/part': {
    query: { n: '0' },
    payload: Buffer.alloc(100),
    headers: { 'content-md5': MD5_OF_ZEROS, 'content-type': 'application/octet-stream' },
  },
  'GET /v1/image-sets/:id/thumbnail': { query: { n: '0' } },
  'POST /v1/jobs/:id/exports': { payload: exportOf('more') },
  'GET /v1/jobs/:id/export': { query: { partial: 'true' } },
  'POST /v1/jobs/:id/extend': { payload: { tasks: [{ type: 'ocr' }] } },
  'PUT /v1/jobs/:id/corrections': { payload: { n: 0, task: 0, text: 'a cat' } },
  'DELETE /v1/jobs/:id/corrections': { query: { n: '0', task: '0' } },
  'PATCH /v1/model-imports/:id': { payload: { state: 'converting' } },
  'PATCH /v1/webhooks/:id': { payload: {} },
  'POST /v1/webhooks/:id/rotate': { payload: {} },
  'POST /v1/webhooks/:id/recover': { payload: { since: '2026-01-01T00:00:00Z' } },
};

const TASKS = [{ type: 'ocr' }];

/**
 * Ids in bodies and queries. Input: what belongs to another tenant, and the caller's own. Output: a request
 * in which that id alone is not the caller's.
 */
const REFERENCES: Readonly<Record<string, (theirs: Owned, own: Owned) => Filling>> = {
  'POST /v1/jobs image_set': ({ set }) => ({
    payload: { image_set: set, seal: true, tasks: TASKS, model: 'default' },
  }),
  'POST /v1/jobs/preview image_set': ({ set }) => ({
    payload: { image_set: set, tasks: TASKS, model: 'default', samples: 1 },
    headers: { prefer: 'wait=1' },
  }),
  'POST /v1/jobs/preview webhook.id': ({ webhook }, { set }) => ({
    payload: {
      image_set: set,
      tasks: TASKS,
      model: 'default',
      samples: 1,
      webhook: { id: webhook },
    },
    headers: { prefer: 'wait=1' },
  }),
  'POST /v1/jobs webhook.id': ({ webhook }, { set }) => ({
    payload: { image_set: set, tasks: TASKS, model: 'default', webhook: { id: webhook } },
  }),
  'POST /v1/jobs/:id/restart webhook.id': ({ webhook }) => ({
    payload: { model: 'default', webhook: { id: webhook } },
  }),
  'POST /v1/fine-tuning/jobs training_file': ({ file }) => ({
    payload: { model: 'base', training_file: file },
  }),
  'POST /v1/fine-tuning/jobs validation_file': (theirs, { file }) => ({
    payload: { model: 'base', training_file: file, validation_file: theirs.file },
  }),
  'POST /v1/fine-tuning/jobs image_set': ({ set }, { file }) => ({
    payload: { model: 'base', training_file: file, image_set: set },
  }),
  'POST /v1/batches input_file_id': ({ requests }) => ({
    payload: {
      input_file_id: requests,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    },
  }),
  'GET /v1/webhooks job': ({ job }) => ({ query: { job } }),
  ...filtersOfJobs('image_set', ({ set }) => set),
  ...filtersOfJobs('model', ({ model }) => model),
};

/** Narrow what is the caller's own: an id of somebody else's narrows it to nothing, and that is no error. */
export const FILTERS: readonly string[] = [
  ...Object.keys(filtersOfJobs('image_set', ({ set }) => set)),
  ...Object.keys(filtersOfJobs('model', ({ model }) => model)),
];

function filtersOfJobs(field: string, valueOf: (owned: Owned) => string) {
  const moves = ['cancel', 'pause', 'resume', 'retry'].map(
    (move) => `POST /v1/jobs/${move} filter.${field}`,
  );
  const fill = (owned: Owned): Filling => ({ payload: { filter: { [field]: valueOf(owned) } } });
  return {
    [`GET /v1/jobs ${field}`]: (owned: Owned): Filling => ({ query: { [field]: valueOf(owned) } }),
    ...Object.fromEntries(moves.map((name) => [name, fill])),
  };
}
/** Routes whose answers go on until somebody closes them: GET `/v1/jobs/:id/events`. */
export const isEndless = ({ method, path }: Route): boolean =>
  method === 'GET' && path.endsWith('/events') && !path.startsWith('/v1/fine-tuning/');

/** Where no key is asked for. */
export const PUBLIC_ROUTES: readonly string[] = [
  '/health/live',
  '/health/ready',
  '/openapi.json',
  // Its key is in the body.
  '/v1/sessions',
];

/** What the operator's machinery asks, with a token. */
export const isInternal = ({ path }: Route): boolean => path.startsWith('/internal/');

/** What a key opens that has the scope `operate`. */
export const isOperating = ({ path }: Route): boolean => path.startsWith('/v1/operate/');

/** What no key of a tenant opens. */
export const isClosed = (route: Route): boolean => isInternal(route) || isOperating(route);

/** Routes that make or list what is the caller's, so that no path names anything. */
export const COLLECTIONS: readonly string[] = [
  '/v1/api-keys',
  '/v1/image-sets',
  '/v1/jobs',
  '/v1/jobs/cancel',
  '/v1/jobs/preview',
  '/v1/jobs/pause',
  '/v1/jobs/resume',
  '/v1/jobs/retry',
  '/v1/events',
  '/v1/files',
  '/v1/batches',
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/fine-tuning/bases',
  '/v1/fine-tuning/jobs',
  '/v1/models',
  '/v1/model-imports',
  '/v1/predictions',
  '/v1/queue',
  '/v1/session',
  '/v1/usage',
  '/v1/webhooks',
];

export const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

/** Input: `/v1/jobs/:id/results`. Output: the kinds of its ids, in order. Errors: for a path nobody wrote down. */
export function idKindsOf(path: string): (keyof typeof ID_OF_NOTHING)[] {
  const steps = path.split('/');
  return steps.flatMap((step, i) => {
    if (!step.startsWith(':')) return [];
    const prefix = steps.slice(0, i + 1).join('/');
    const kind = PATH_IDS[prefix];
    if (kind === undefined) throw new Error(`Which id is ${prefix}? Add it to PATH_IDS.`);
    return [kind];
  });
}

/** The path with these ids in the places of its parameters. */
export function fillPath(path: string, ids: Readonly<Record<string, string>>): string {
  const kinds = idKindsOf(path);
  let i = 0;
  return path.replaceAll(/:\w+/g, () => ids[kinds[i++]!]!);
}

/** HEAD asks what GET asks. */
export const fillingOf = ({ method, path }: Route): Filling =>
  FILLINGS[nameOf({ method: method === 'HEAD' ? 'GET' : method, path })] ?? {};

export function referenceOf(name: string): (theirs: Owned, own: Owned) => Filling {
  const fill = REFERENCES[name];
  if (fill === undefined) throw new Error(`How is an id sent as ${name}? Add it to REFERENCES.`);
  return fill;
}

const ZEROS = '019a0000000070008000000000000000';

/** Ids that are well formed and nobody's. */
export const ID_OF_NOTHING = {
  set: `set_${ZEROS}`,
  import: `imp_${ZEROS}`,
  export: `exp_${ZEROS}`,
  model_import: `mdi_${ZEROS}`,
  upload: `upl_${ZEROS}`,
  job: `job_${ZEROS}`,
  file: `file_${ZEROS}`,
  requests: `file_${ZEROS.replace(/0$/, '1')}`,
  batch: `batch_${ZEROS}`,
  tuning: `ft_${ZEROS}`,
  key: `key_${ZEROS}`,
  webhook: `whe_${ZEROS}`,
  delivery: `whd_${ZEROS}`,
} satisfies Partial<Record<IdKind | 'requests', string>>;
