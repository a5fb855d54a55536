import { beforeAll, describe, expect, it } from 'vitest';
import { fileKey, parsePublicId, type FilePage, type StoredFile } from '#contracts';
import { usePostgres } from '#testing';
import { useApi } from '../spec-rig.js';

const rig = useApi(usePostgres(), { MAX_TRAINING_FILE_BYTES: '100', MAX_BATCH_FILE_BYTES: '1000' });
beforeAll(async () => {
  await rig.offerBase('tiny');
});

type Headers = Record<string, string>;

/** The file first, as OpenAI's clients send it. */
const upload = (headers: Headers, purpose: string, content = '{}\n') =>
  rig.app.inject({
    method: 'POST',
    url: '/v1/files',
    headers: { ...headers, 'content-type': 'multipart/form-data; boundary=b' },
    payload: `--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n${content}\r\n--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n${purpose}\r\n--b--\r\n`,
  });

const send = async (headers: Headers, purpose: string): Promise<StoredFile> =>
  (await upload(headers, purpose)).json();

const ask = (headers: Headers, url: string, method: 'GET' | 'DELETE' = 'GET') =>
  rig.app.inject({ method, url, headers });

const page = async (headers: Headers, query: string): Promise<FilePage> =>
  (await ask(headers, `/v1/files?${query}`)).json();

describe('files', () => {
  it('have the shape that OpenAI gives them, and come back as they were sent', async () => {
    const { headers } = await rig.createTenant();
    const file = await send(headers, 'batch');
    expect(file).toMatchObject({ object: 'file', purpose: 'batch', filename: 'a.jsonl', bytes: 3 });
    expect(Math.abs(file.created_at - Date.now() / 1_000)).toBeLessThan(60);
    const content = await ask(headers, `/v1/files/${file.id}/content`);
    expect(content.body).toBe('{}\n');
    expect(content.headers['content-length']).toBe('3');
  });

  it('are weighed for their purpose, which comes after them', async () => {
    const { headers } = await rig.createTenant();
    const content = 'x'.repeat(500);
    expect((await upload(headers, 'batch', content)).statusCode).toBe(201);
    expect((await upload(headers, 'fine-tune', content)).statusCode).toBe(413);
  });

  it('are listed on from an id, by purpose and in either order', async () => {
    const { headers } = await rig.createTenant();
    const [a, b, c] = [
      await send(headers, 'batch'),
      await send(headers, 'vision'),
      await send(headers, 'batch'),
    ];
    const ids = ({ data }: FilePage) => data.map(({ id }) => id);
    const first = await page(headers, 'limit=2');
    expect(ids(first)).toEqual([c.id, b.id]);
    expect(first).toMatchObject({ has_more: true, first_id: c.id, last_id: b.id });
    expect(ids(await page(headers, `limit=2&after=${b.id}`))).toEqual([a.id]);
    expect(ids(await page(headers, `cursor=${first.next_cursor}`))).toEqual([a.id]);
    expect(ids(await page(headers, 'order=asc&purpose=batch'))).toEqual([a.id, c.id]);
    expect(ids(await page(headers, `order=asc&after=${a.id}&limit=1`))).toEqual([b.id]);
    expect(ids(await page(headers, 'limit=10000'))).toHaveLength(3);
  });

  it('are gone with their bytes once deleted', async () => {
    const { headers, tenantId } = await rig.createTenant();
    const { id } = await send(headers, 'batch');
    const key = fileKey(tenantId, parsePublicId('file', id)!);
    expect(await rig.store.stat(key)).toEqual({ bytes: 3 });
    const answer = await ask(headers, `/v1/files/${id}`, 'DELETE');
    expect(answer.json()).toEqual({ object: 'file', id, deleted: true });
    expect(await rig.store.stat(key)).toBeUndefined();
    for (const path of [`/v1/files/${id}`, `/v1/files/${id}/content`]) {
      expect((await ask(headers, path)).statusCode).toBe(404);
    }
    expect((await ask(headers, `/v1/files/${id}`, 'DELETE')).statusCode).toBe(404);
    expect((await page(headers, '')).data).toEqual([]);
  });

  it('stay while work needs them, and serve only what they were sent for', async () => {
    const { headers } = await rig.createTenant();
    const train = (file: string) =>
      rig.app.inject({
        method: 'POST',
        url: '/v1/fine-tuning/jobs',
        headers,
        payload: { model: 'tiny', training_file: file },
      });
    const examples = await send(headers, 'fine-tune');
    expect((await train(examples.id)).statusCode).toBe(202);
    expect((await ask(headers, `/v1/files/${examples.id}`, 'DELETE')).json()).toMatchObject({
      code: 'file.in_use',
      status: 409,
    });
    const wrong = await train((await send(headers, 'batch')).id);
    expect([wrong.statusCode, wrong.json().code]).toEqual([422, 'file.wrong_purpose']);
  });
});

describe('errors', () => {
  it('are told in both ways where the clients of OpenAI listen', async () => {
    const { headers } = await rig.createTenant();
    const answer = await upload(headers, 'assistants');
    const { detail, error } = answer.json();
    expect(error).toEqual({
      message: detail,
      type: 'invalid_request_error',
      param: 'purpose',
      code: 'request.invalid',
    });
    const stranger = await rig.app.inject({ url: '/v1/files' });
    expect(stranger.json()).toMatchObject({
      code: 'auth.missing',
      error: { type: 'authentication_error', param: null, code: 'auth.missing' },
    });
    const jobs = await ask(headers, '/v1/jobs/none');
    expect(jobs.json().error).toBeUndefined();
  });
});
