import { describe, expect, it } from 'vitest';
import {
  modelImportPageSchema,
  modelImportSchema,
  type CreateModelImport,
  type ModelImport,
  type UpdateModelImport,
} from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres());
type Headers = Awaited<ReturnType<typeof rig.createTenant>>['headers'];

const PULL: CreateModelImport = {
  model: 'mix-224',
  source: 'google/paligemma2-3b-mix-224@main',
  precision: 'int8',
  host: 'gpu-1',
  state: 'downloading',
};
const begin = async (headers: Headers, order = PULL): Promise<ModelImport> => {
  const url = '/v1/model-imports';
  const answer = await rig.app.inject({ method: 'POST', url, headers, payload: order });
  expect(answer.statusCode).toBe(201);
  return modelImportSchema.parse(answer.json());
};
const tell = (headers: Headers, { id }: ModelImport, told: UpdateModelImport) =>
  rig.app.inject({ method: 'PATCH', url: `/v1/model-imports/${id}`, headers, payload: told });
const list = async (headers: Headers, query = {}) =>
  modelImportPageSchema.parse(
    (await rig.app.inject({ url: '/v1/model-imports', headers, query })).json(),
  );

describe('the import of a model', () => {
  it('is shown as far as it tells, each stage from its own beginning', async () => {
    const { headers } = await rig.createTenant();
    const begun = await begin(headers);
    expect(begun).toMatchObject({ ...PULL, bytes_done: 0, bytes_total: null, finished_at: null });
    const steps: [UpdateModelImport, Partial<ModelImport>][] = [
      [{ state: 'downloading', bytes_done: 3e9, bytes_total: 6e9 }, { bytes_done: 3e9 }],
      [{ state: 'downloading' }, { bytes_done: 3e9, bytes_total: 6e9 }],
      [{ state: 'converting' }, { bytes_done: 0, bytes_total: null }],
      [{ state: 'converting', bytes_done: 1, bytes_total: 6e9 }, { bytes_done: 1 }],
      [
        { state: 'completed', model_bytes: 4e9 },
        { model_bytes: 4e9, error: null },
      ],
    ];
    for (const [told, shown] of steps) {
      expect((await tell(headers, begun, told)).json()).toMatchObject({ ...told, ...shown });
    }
    const [last] = (await list(headers)).data;
    expect(last!.finished_at).not.toBeNull();
  });

  it('ends once: the same end again changes nothing, another one is refused', async () => {
    const { headers } = await rig.createTenant();
    const begun = await begin(headers);
    const error = { code: 'disk.full', detail: 'There is no room.' };
    const ended = (await tell(headers, begun, { state: 'failed', error })).json<ModelImport>();
    expect(ended).toMatchObject({ state: 'failed', error });
    expect((await tell(headers, begun, { state: 'failed', error })).json()).toEqual(ended);
    const late = await tell(headers, begun, { state: 'converting' });
    expect([late.statusCode, late.json().code]).toEqual([409, 'model_import.ended']);
  });

  it('fails with a reason, and only then has one', async () => {
    const { headers } = await rig.createTenant();
    const begun = await begin(headers);
    const error = { code: 'x', detail: 'y' };
    for (const told of [{ state: 'failed' }, { state: 'completed', error }] as const) {
      const answer = await tell(headers, begun, told);
      expect([answer.statusCode, answer.json().errors[0].pointer]).toEqual([400, '/error']);
    }
  });

  it('is kept beside the newest 200, which are read in pages', async () => {
    const { headers, tenantId } = await rig.createTenant();
    await rig.database.query(
      `INSERT INTO model_imports (id, tenant_id, model, source, precision, state)
       SELECT ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, 'm' || n, 'x', 'f16', 'converting'
       FROM generate_series(0, 201) AS n`,
      [tenantId],
    );
    await begin(headers, { ...PULL, model: 'm202' });
    const models: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await list(headers, { limit: '100', ...(cursor ? { cursor } : {}) });
      models.push(...page.data.map(({ model }) => model));
      cursor = page.next_cursor;
    }
    expect(models).toEqual(Array.from({ length: 200 }, (_, n) => `m${202 - n}`));
  });

  it('is told to those who follow what changes', async () => {
    const { headers, tenantId } = await rig.createTenant();
    const before = await rig.database.query('SELECT 1 FROM changes WHERE tenant_id = $1', [
      tenantId,
    ]);
    const begun = await begin(headers);
    await tell(headers, begun, { state: 'converting' });
    const rows = await rig.database.query('SELECT kind FROM changes WHERE tenant_id = $1', [
      tenantId,
    ]);
    expect(before).toEqual([]);
    expect(rows).toEqual([{ kind: 'model_import' }]);
  });
});
