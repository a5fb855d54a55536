import { expect, it } from 'vitest';
import { PictureChecks } from './picture-checks.js';

/** Looks that end when they are told to. */
function setup() {
  const looks: { path: string; end: (fault?: string) => void }[] = [];
  const checks = new PictureChecks(
    (path) => new Promise((end) => looks.push({ path, end: (fault) => end(fault) })),
  );
  return { looks, checks };
}

it('looks at eight pictures at once, and at the next when one is done', async () => {
  const { looks, checks } = setup();
  const faults = Array.from({ length: 10 }, (_, n) => checks.faultOf(`${n}`));
  expect(looks.map(({ path }) => path)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  looks[5]!.end('broken');
  expect(await faults[5]).toBe('broken');
  expect(looks.map(({ path }) => path).slice(8)).toEqual(['8']);
  looks[0]!.end();
  expect(await faults[0]).toBeUndefined();
  expect(looks).toHaveLength(10);
});

it('looks at a picture once', async () => {
  const { looks, checks } = setup();
  const [first, second] = [checks.faultOf('a'), checks.faultOf('a')];
  looks[0]!.end('broken');
  expect([await first, await second, await checks.faultOf('a')]).toEqual(Array(3).fill('broken'));
  expect(looks).toHaveLength(1);
});
