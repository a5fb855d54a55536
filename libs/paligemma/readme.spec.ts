import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { checkpointFolder } from './golden-fixture.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const RUNNABLE = here('./readme-example.generated.ts');
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(RUNNABLE, { force: true });
});

it('has an example that runs as it stands, but for the paths', async () => {
  const readme = await readFile(here('./README.md'), 'utf8');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  expect(example!.trim().split('\n').length).toBeLessThanOrEqual(12);
  const photograph = here('../../examples/photos/cat.jpg');
  await writeFile(
    RUNNABLE,
    example!
      .replace('/models/paligemma2-3b-mix-224', checkpointFolder('tiny-paligemma2'))
      .replaceAll('cat.jpg', photograph),
  );
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await import(/* @vite-ignore */ RUNNABLE);
  expect(error).not.toHaveBeenCalled();
  expect(log.mock.calls.map(([index]) => index as number).toSorted((a, b) => a - b)).toEqual([
    0, 1,
  ]);
});
