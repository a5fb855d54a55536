import { createHash } from 'node:crypto';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photograph } from '../hostile/hostile-files.js';
import { TestClient } from '../rig/client.js';
import { REPOSITORY } from '../rig/repository.js';
import { System } from '../rig/system.js';

type Batch = OpenAI.Batches.Batch;
type ChatCompletion = OpenAI.Chat.ChatCompletion;

interface OutputLine {
  id: string;
  custom_id: string;
  response: { status_code: number; body: ChatCompletion & { error?: { code: string } } } | null;
  error: { code: string } | null;
}

const MODEL = 'tiny';
let system: System;
let pallet: TestClient;
let openai: OpenAI;

beforeAll(async () => {
  const directory = join(REPOSITORY, 'test/fixtures/checkpoints/tiny-paligemma');
  system = await System.start({ queue: 'postgres', model: { name: MODEL, directory } });
  pallet = new TestClient(system.url, system.apiKey);
  openai = new OpenAI({ apiKey: system.apiKey, baseURL: `${system.url}/v1` });
});
afterAll(() => system?.stop());

const dataUrl = (name: string): string =>
  `data:image/jpeg;base64,${Buffer.from(photograph(name).bytes).toString('base64')}`;

const body = (text: string, url: string, more: object = {}) => ({
  model: MODEL,
  max_tokens: 12,
  messages: [
    {
      role: 'user' as const,
      content: [
        { type: 'text' as const, text },
        { type: 'image_url' as const, image_url: { url } },
      ],
    },
  ],
  ...more,
});

const request = (custom_id: string, requestBody: object) => ({
  custom_id,
  method: 'POST',
  url: '/v1/chat/completions',
  body: requestBody,
});

async function sendBatch(lines: readonly (object | string)[]): Promise<Batch> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const file = await openai.files.create({
    file: await toFile(Buffer.from(`${text.join('\n')}\n`), 'requests.jsonl'),
    purpose: 'batch',
  });
  return openai.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { who: 'me' },
  });
}

const ENDS = ['completed', 'failed', 'expired', 'cancelled'];

async function ended(id: string): Promise<Batch> {
  for (const until = Date.now() + 120_000; ;) {
    const batch = await openai.batches.retrieve(id);
    if (ENDS.includes(batch.status)) return batch;
    if (Date.now() > until) throw new Error(`The batch does not end: ${JSON.stringify(batch)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function linesOf(fileId: string | undefined | null): Promise<OutputLine[]> {
  const content = await openai.files.content(fileId!);
  return (await content.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OutputLine)
    .toSorted((a, b) => a.custom_id.localeCompare(b.custom_id));
}

describe('the unchanged client of OpenAI', () => {
  it('has a batch of pictures answered, each asked its own, and reads results and errors', async () => {
    const set = await pallet.createSet('sent before');
    await pallet.upload(set.id, [photograph('rocket.jpg')]);
    const rocket = createHash('sha256').update(photograph('rocket.jpg').bytes).digest('hex');
    const vision = await openai.files.create({
      file: await toFile(Buffer.from(photograph('text.jpg').bytes), 'text.jpg'),
      purpose: 'vision',
    });
    const batch = await sendBatch([
      request('a', body('caption en', dataUrl('cat.jpg'))),
      request('b', body('detect cat ; cup', dataUrl('cat.jpg'))),
      request('c', body('What is this?', `pallet://sha256/${rocket}`)),
      request('d', body('ocr', `pallet://files/${vision.id}`)),
      request('e', body('ocr', `pallet://sha256/${'0'.repeat(64)}`)),
      request('f', body('ocr', 'data:image/png;base64,bm8gcGljdHVyZQ==')),
      request('g', body('ocr', dataUrl('cat.jpg'), { n: 2 })),
      request('h', body('ocr', 'http://169.254.169.254/latest/meta-data')),
      request('i', body('ocr', `data:image/jpeg;base64,${CUT_OFF}`)),
    ]);
    expect(batch).toMatchObject({ object: 'batch', status: 'validating', metadata: { who: 'me' } });

    const done = await ended(batch.id);
    expect(done).toMatchObject({
      status: 'completed',
      request_counts: { total: 9, completed: 4, failed: 5 },
      outcome: 'partly_failed',
      model: MODEL,
      errors: null,
    });
    expect(done.completed_at).toBeGreaterThanOrEqual(done.created_at);

    const outputs = await linesOf(done.output_file_id);
    expect(outputs.map((line) => line.custom_id)).toEqual(['a', 'b', 'c', 'd']);
    const answers = outputs.map((line) => line.response!.body);
    for (const answer of answers) {
      expect(answer).toMatchObject({ object: 'chat.completion', model: MODEL });
      expect(answer.choices[0]!.finish_reason).toMatch(/^(stop|length)$/);
      expect(answer.usage!.prompt_tokens).toBeGreaterThan(16);
      expect(answer.usage!.completion_tokens).toBeLessThanOrEqual(12);
    }
    expect(answers.map((answer) => answer.choices[0]!.message.content)).toEqual(await asJobsSay());

    const errors = await linesOf(done.error_file_id);
    expect(
      errors.map((line) => [
        line.custom_id,
        line.response!.status_code,
        line.response!.body.error!.code,
      ]),
    ).toEqual([
      ['e', 400, 'image.not_found'],
      ['f', 400, 'image.text'],
      ['g', 400, 'unsupported_value'],
      ['h', 400, 'outgoing.forbidden_address'],
      ['i', 400, 'image.undecodable'],
    ]);

    const output = await openai.files.retrieve(done.output_file_id!);
    expect(output).toMatchObject({ purpose: 'batch_output' });
    await openai.files.delete(output.id);
    await expect(openai.files.retrieve(output.id)).rejects.toMatchObject({
      status: 404,
      code: 'file.not_found',
      type: 'invalid_request_error',
    });
  });

  it('is told every line that is no request, by number, and nothing is computed', async () => {
    const good = body('ocr', dataUrl('cat.jpg'));
    const batch = await sendBatch([
      request('a', good),
      '{"custom_id": "b", ',
      request('a', good),
      { ...request('c', good), url: '/v1/embeddings' },
      { method: 'POST', url: '/v1/chat/completions', body: good },
      request('d', { ...good, model: 'gpt-4o' }),
    ]);
    const failed = await ended(batch.id);
    expect(failed.status).toBe('failed');
    expect(failed.errors!.data!.map(({ line, code }) => [line, code])).toEqual([
      [2, 'invalid_json_line'],
      [3, 'duplicate_custom_id'],
      [4, 'mismatched_endpoint'],
      [5, 'invalid_request'],
      [6, 'mismatched_model'],
    ]);
    expect(failed).toMatchObject({ output_file_id: null, job: null, outcome: 'failed' });
  });

  it('goes through lists page by page, and cancels', async () => {
    const batch = await sendBatch([request('a', body('ocr', dataUrl('cat.jpg')))]);
    const cancelled = await openai.batches.cancel(batch.id).catch((error: unknown) => {
      // It may have ended by now.
      expect(error).toMatchObject({ status: 409, code: 'batch.ended' });
    });
    if (cancelled) expect(cancelled.status).toMatch(/^cancell|finalizing/);
    expect(ENDS).toContain((await ended(batch.id)).status);
    const seen: string[] = [];
    for await (const one of openai.batches.list({ limit: 1 })) seen.push(one.id);
    expect(seen).toContain(batch.id);
    expect(new Set(seen).size).toBe(seen.length);
    const inputs: string[] = [];
    for await (const one of openai.files.list({ purpose: 'batch', limit: 1 })) inputs.push(one.id);
    expect(inputs.length).toBe(seen.length);
  });
});

describe('one request', () => {
  it('is answered at once, as a completion and as a response, and as a job says', async () => {
    const chat = await openai.chat.completions.create(body('caption en', dataUrl('cat.jpg')));
    const [said] = await asJobsSay();
    expect(chat.choices[0]!.message.content).toBe(said);
    expect(chat.usage!.completion_tokens).toBeGreaterThan(0);
    const response = await openai.responses.create({
      model: MODEL,
      max_output_tokens: 12,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'caption en' },
            { type: 'input_image', image_url: dataUrl('cat.jpg'), detail: 'auto' },
          ],
        },
      ],
    });
    expect(response.output_text).toBe(said);
  });

  it('is refused with the error that the client knows', async () => {
    const ask = (requestBody: ReturnType<typeof body>) =>
      openai.chat.completions.create(requestBody).then(
        () => undefined,
        (error: unknown) => error,
      );
    const url = dataUrl('cat.jpg');
    expect(await ask({ ...body('ocr', url), model: 'gpt-4o' })).toMatchObject({
      status: 422,
      code: 'model.unknown',
    });
    expect(await ask(body('ocr', 'https://example.com/a.jpg'))).toMatchObject({
      status: 422,
      code: 'image.url_not_allowed',
    });
    expect(await ask(body('ocr', 'ftp://example.com/a.jpg'))).toMatchObject({
      status: 400,
      code: 'request.invalid',
      param: 'messages.0.content',
      type: 'invalid_request_error',
    });
    const cut = `data:image/jpeg;base64,${CUT_OFF}`;
    expect(await ask(body('ocr', cut))).toMatchObject({ status: 422, code: 'image.undecodable' });
  });
});

/** A JPEG that ends after its head. */
const CUT_OFF = Buffer.from(photograph('cat.jpg').bytes.subarray(0, 400)).toString('base64');

/** What a job says about the same pictures and tasks, computed anew. */
async function asJobsSay(): Promise<string[]> {
  const raw = async (name: string, task: object): Promise<string> => {
    const set = await pallet.createSet(name);
    await pallet.upload(set.id, [photograph(name)]);
    const tasks = [{ max_tokens: 12, ...task }];
    const job = await pallet.createJob(set.id, tasks as never, { cache: false });
    await pallet.finished(job.id, 120_000);
    for await (const item of pallet.results(job.id)) return item.answers[0]!.raw;
    throw new Error('no item');
  };
  return [
    await raw('cat.jpg', { type: 'caption', language: 'en' }),
    await raw('cat.jpg', { type: 'detect', labels: ['cat', 'cup'] }),
    await raw('rocket.jpg', { type: 'prompt', prompt: 'What is this?' }),
    await raw('text.jpg', { type: 'ocr' }),
  ];
}
