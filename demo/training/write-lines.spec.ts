import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '#testing';
import type { Stage } from './stage.js';
import { writeLines } from './write-lines.js';

const STAGE: Stage = { name: 'read', scenes: ['a', 'b'], file: 'examples.jsonl', options: {} };
const PREFIXES = ['caption en', 'detect dog', 'detect car', 'detect key', 'ocr'];

describe('the lines of a stage', () => {
  it('name pictures of every set from above, and of each scene so many of a task', async () => {
    const folder = await makeTemporaryDirectory();
    const sets = ['a', 'b'].map((name) => join(folder, name));
    for (const set of sets) {
      await mkdir(set);
      const lines = ['1.jpg', '2.jpg'].flatMap((image) =>
        PREFIXES.map((prefix) => `${JSON.stringify({ image, prefix, suffix: 'x' })}\n`),
      );
      await writeFile(join(set, STAGE.file), lines.join(''));
    }
    const read = async (
      name: string,
      stage: Stage,
    ): Promise<{ image: string; prefix: string }[]> => {
      const text = await readFile(await writeLines(sets, stage, join(folder, name)), 'utf8');
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };

    const chosen = await read('chosen.jsonl', { ...STAGE, perScene: { detect: 2, ocr: 1 } });
    expect(chosen.map(({ image, prefix }) => `${image} ${prefix}`)).toEqual(
      ['a/1.jpg', 'a/2.jpg', 'b/1.jpg', 'b/2.jpg'].flatMap((image) =>
        ['detect dog', 'detect car', 'ocr'].map((prefix) => `${image} ${prefix}`),
      ),
    );
    expect(await read('first.jsonl', { ...STAGE, lines: 7 })).toHaveLength(7);
    expect(await read('all.jsonl', STAGE)).toHaveLength(20);
    await removeDirectory(folder);
  });
});
