import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { exportFormatSchema, type ItemResult, type Task } from '#contracts';
import { EXPORT_FORMATS, exportJob } from './export-job.js';
import { exported, filesOf, unzip } from './read-export-fixture.js';
import { aBox, anAnswer, named, someItems, sourceOf } from './source-fixture.js';
import { freezeSource } from './frozen-source.js';

const archives = exportFormatSchema.options.filter(
  (name) => EXPORT_FORMATS[name].extension === 'zip',
);
const size = { width: 40, height: 30 };

describe.each(exportFormatSchema.options)('%s', (name) => {
  it('gives the same bytes for the same results', async () => {
    const [first, second] = [
      await exported(name, sourceOf(someItems())),
      await exported(name, sourceOf(someItems())),
    ];
    expect(first.equals(second)).toBe(true);
  });

  it('can be made of nothing', async () => {
    const bytes = await exported(name, sourceOf([]));
    if (archives.includes(name)) expect((await unzip(bytes)).has('manifest.json')).toBe(true);
  });

  it('is well-formed with any text in names, labels and answers', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
    const odd = fc.oneof(
      text,
      fc.constantFrom(']]>', '"\'<&>', '</name>', '\0', '../../x.jpg', '=1'),
    );
    await fc.assert(
      fc.asyncProperty(odd, odd, odd, async (label, imageName, caption) => {
        const boxes = [aBox(label, size, [1, 2, 9, 8], new Uint8Array(48).fill(1))];
        const answers = [anAnswer(0, { text: caption }), anAnswer(1, { boxes })];
        const items = [named(0, imageName, { answers }), named(1, imageName)];
        const bytes = await exported(name, sourceOf(items));
        if (!archives.includes(name)) return;
        for (const [path, content] of await unzip(bytes)) checkForm(path, content.toString('utf8'));
      }),
      { numRuns: 25 },
    );
  });
});

function checkForm(path: string, content: string): void {
  if (path.endsWith('.xml')) new SaxesParser({ fragment: false }).write(content).close();
  if (path.endsWith('.json')) JSON.parse(content);
  if (path.endsWith('.jsonl')) for (const line of content.split('\n')) if (line) JSON.parse(line);
}

describe.each(archives)('the archive of %s', (name) => {
  it('keeps every file in it, whatever the images are called', async () => {
    const names = [
      '../../x.jpg',
      '/etc/x.jpg',
      'C:\\x.jpg',
      '..',
      'x.jpg',
      'x.jpg',
      'a/../../../y',
    ];
    const mask = new Uint8Array(48).fill(1);
    const boxes = [aBox('../../l', size, [1, 2, 9, 8], mask)];
    const items = names.map((text, n) => named(n, text, { answers: [anAnswer(1, { boxes })] }));
    // yauzl itself refuses absolute paths, backslashes and `..`.
    const paths = [...(await unzip(await exported(name, sourceOf(items)))).keys()];
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length);
    for (const path of paths) expect(path).not.toMatch(/(^|\/)\.\.?(\/|$)|^\/|[\\:]/);
  });

  it('ends with a manifest of all its files, and has the reasons of what failed', async () => {
    const files = await unzip(await exported(name, sourceOf(someItems())));
    const manifest = JSON.parse(files.get('manifest.json')!.toString('utf8'));
    expect(manifest).toMatchObject({
      version: 1,
      format: name,
      partial: false,
      job: { model: 'tiny' },
      counts: { succeeded: 3, failed: 1, cancelled: 0 },
    });
    const listed = [...files].filter(([path]) => path !== 'manifest.json');
    expect([...files.keys()].at(-1)).toBe('manifest.json');
    expect(manifest.files).toEqual(
      listed.map(([path, content]) => ({
        path,
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      })),
    );
    expect(JSON.parse(files.get('errors.jsonl')!.toString('utf8'))).toEqual({
      n: 3,
      name: 'photo-3.jpg',
      state: 'failed',
      error: { code: 'image.undecodable', detail: 'The bytes end too early.' },
    });
  });
});

describe('an export of a job that runs', () => {
  it('has in every pass what the first one saw', async () => {
    const items: ItemResult[] = someItems().slice(0, 1);
    const source = freezeSource(sourceOf(items));
    const read = async () => {
      const numbers = [];
      for await (const { n } of source.results()) numbers.push(n);
      return numbers;
    };
    expect(await read()).toEqual([0]);
    items.push(...someItems().slice(1));
    expect(await read()).toEqual([0]);
  });

  it('has of each item the answers that the first pass saw, when it is asked more meanwhile', async () => {
    const [item] = someItems();
    const items = [{ ...item!, answers: [anAnswer(0, {})] }];
    const running = sourceOf(items);
    const tasks: Task[] = [{ type: 'ocr' }, { type: 'caption', language: 'en' }];
    const source = freezeSource({ ...running, job: { ...running.job, tasks } });
    const read = async () => {
      const seen = [];
      for await (const { state, answers } of source.results()) {
        seen.push([state, answers.map(({ task }) => task)]);
      }
      return seen;
    };
    expect(await read()).toEqual([['succeeded', [0]]]);
    items[0] = { ...item!, state: 'failed', answers: [0, 1].map((task) => anAnswer(task, {})) };
    expect(await read()).toEqual([['succeeded', [0]]]);
    const later = freezeSource({ ...running, job: { ...running.job, tasks: tasks.slice(1) } });
    for await (const { answers } of later.results()) expect(answers).toHaveLength(1);
  });

  it('says that it is not all', async () => {
    const running = sourceOf(someItems());
    const job = { ...running.job, finished_at: null };
    const { 'manifest.json': manifest } = await filesOf('coco', { ...running, job });
    expect(JSON.parse(manifest!).partial).toBe(true);
  });
});

it('says what it left out and why', async () => {
  const leftOut = async (name: 'yolo' | 'pascal-voc') => {
    const { 'manifest.json': manifest } = await filesOf(name, sourceOf(someItems()));
    return JSON.parse(manifest!).left_out;
  };
  expect(await leftOut('yolo')).toEqual({
    'answers without boxes': 1,
    'boxes without a mask, in segment/': 2,
  });
  expect(await leftOut('pascal-voc')).toEqual({ 'answers without boxes': 1, masks: 1 });
});

it('ends with the error of its source', async () => {
  const source = sourceOf([], {
    async *results() {
      yield* someItems();
      throw new Error('database away');
    },
  });
  for (const name of exportFormatSchema.options) {
    await expect(exported(name, source)).rejects.toThrow('database away');
  }
});

it('holds no more of a large job than of a small one', async () => {
  const count = 50_000;
  const source = sourceOf([], {
    async *results() {
      for (let n = 0; n < count; n++) {
        yield named(n, `p${n}.jpg`, {
          answers: [anAnswer(1, { boxes: [aBox('cat', size, [1, 2, 9, 8])] })],
        });
      }
    },
  });
  const before = process.memoryUsage();
  let most = 0;
  let parts = 0;
  for await (const _ of exportJob(EXPORT_FORMATS.coco, source)) {
    if (++parts % 20 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  expect(most - before.arrayBuffers).toBeLessThan(20_000_000);
});
