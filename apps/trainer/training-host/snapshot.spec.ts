import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeSnapshot } from './snapshot.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pallet-snapshot-'));
});
afterEach(() => rm(root, { recursive: true }));

it('keeps a checkpoint whole while the run removes it and goes on', async () => {
  const output = join(root, 'run');
  const checkpoint = join(output, 'checkpoints', '7');
  await mkdir(join(checkpoint, 'deep'), { recursive: true });
  await writeFile(join(checkpoint, 'deep', 'state'), 'seven');
  await writeFile(join(output, 'log.jsonl'), 'one\n');
  const snapshot = takeSnapshot({ output, snapshots: join(root, 'snapshots') }, checkpoint);
  await rm(checkpoint, { recursive: true });
  await appendFile(join(output, 'log.jsonl'), 'two\n');
  expect(await readFile(join(snapshot, 'checkpoints', '7', 'deep', 'state'), 'utf8')).toBe('seven');
  expect(await readFile(join(snapshot, 'log.jsonl'), 'utf8')).toBe('one\n');
  expect(takeSnapshot({ output, snapshots: join(root, 'snapshots') }, checkpoint)).toBe(snapshot);
});
