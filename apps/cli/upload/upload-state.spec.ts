import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageFile } from './image-file.js';
import { defaultStatePath, UploadState } from './upload-state.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pallet-state-'));
  path = join(folder, 'deep', 'state.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const file = (name: string, part: Partial<ImageFile> = {}): ImageFile => ({
  path: join(folder, name),
  name,
  bytes: 7,
  modifiedMs: 1.5,
  ...part,
});

describe('the state of an upload', () => {
  it('is what the runs before have done', async () => {
    const first = await UploadState.open(path);
    expect([first.isNew, first.set, first.of(file('a'))]).toEqual([true, undefined, {}]);
    const key = await first.idempotencyKey();
    await first.keepSet('set_1');
    await first.keepHash(file('a'), 'aa');
    await first.keepUpload(file('a'), 'upl_1');
    await first.keepSent([file('b'), file('c')]);
    const second = await UploadState.open(path);
    expect(await second.idempotencyKey()).toBe(key);
    expect([second.isNew, second.set]).toEqual([false, 'set_1']);
    expect(second.of(file('a'))).toEqual({ sha256: 'aa', upload: 'upl_1' });
    expect(second.of(file('c'))).toEqual({ sent: true });
  });

  it('knows nothing of a file that has changed', async () => {
    const state = await UploadState.open(path);
    await state.keepSent([file('a')]);
    expect(state.of(file('a', { bytes: 8 }))).toEqual({});
    expect(state.of(file('a', { modifiedMs: 2 }))).toEqual({});
  });

  it('loses no more than its last line to a kill', async () => {
    const first = await UploadState.open(path);
    await first.keepSet('set_1');
    await first.keepHash(file('a'), 'aa');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, -9));
    const second = await UploadState.open(path);
    expect([second.set, second.of(file('a'))]).toEqual(['set_1', {}]);
    await second.keepHash(file('a'), 'bb');
    await appendFile(path, '{"other":"version"}\n');
    expect((await UploadState.open(path)).of(file('a'))).toEqual({ sha256: 'bb' });
  });

  it('is forgotten when all is done, and another for other sources, sets and servers', async () => {
    const state = await UploadState.open(path);
    await state.keepSet('set_1');
    await state.forget();
    expect((await UploadState.open(path)).set).toBeUndefined();
    const run = { url: 'http://a', set: undefined, name: undefined, paths: ['x'] };
    const others = [{ url: 'http://b' }, { set: 's' }, { name: 'n' }, { paths: ['x', 'y'] }];
    const paths = [run, ...others.map((other) => ({ ...run, ...other }))].map((one) =>
      defaultStatePath({ XDG_STATE_HOME: '/s' }, one),
    );
    expect(new Set(paths).size).toBe(5);
    expect(paths[0]).toMatch(/^\/s\/pallet\/uploads\/[0-9a-f]{16}\.jsonl$/);
  });
});
