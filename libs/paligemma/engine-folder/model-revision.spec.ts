import { cp, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MANIFEST } from './manifest.js';
import { modelRevision } from './model-revision.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'revision-'));
});
afterEach(() => rm(folder, { recursive: true }));

const manifest = (sha256: string, createdAt: string) =>
  JSON.stringify({
    format: 1,
    source: { name: 'some' },
    family: 'paligemma',
    precision: 'int8',
    imageSize: 224,
    parameters: 1,
    vocabularySize: 1,
    createdAt,
    files: [{ name: 'weights.safetensors', bytes: 1, sha256 }],
  });

describe('modelRevision', () => {
  it('of an imported model goes by its contents, not by when and where it was imported', async () => {
    await writeFile(join(folder, MANIFEST), manifest('a'.repeat(64), '2026-01-01'));
    const first = await modelRevision(folder, 'cpu');
    await writeFile(join(folder, MANIFEST), manifest('a'.repeat(64), '2026-02-02'));
    expect(await modelRevision(folder, 'cpu')).toBe(first);
    await writeFile(join(folder, MANIFEST), manifest('b'.repeat(64), '2026-02-02'));
    expect(await modelRevision(folder, 'cpu')).not.toBe(first);
    expect(await modelRevision(folder, 'webgpu')).not.toBe(await modelRevision(folder, 'cpu'));
  });

  it('of a published checkpoint changes with any of its files', async () => {
    await cp('test/fixtures/checkpoints/tiny-paligemma', folder, { recursive: true });
    const first = await modelRevision(folder, 'cpu');
    expect(await modelRevision(folder, 'cpu')).toBe(first);
    await utimes(join(folder, 'model.safetensors'), new Date(0), new Date(0));
    expect(await modelRevision(folder, 'cpu')).not.toBe(first);
  });
});
