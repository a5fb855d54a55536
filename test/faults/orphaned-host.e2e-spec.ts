import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { compiled } from '../rig/repository.js';

const MODULE = pathToFileURL(compiled('libs/testing/engine/instant-engine.js')).href;

const start = (): ChildProcess =>
  fork(compiled('apps/worker/engine-host/main.js'), [MODULE, '/nowhere', '8', '64000000', 'cpu'], {
    serialization: 'advanced',
    // Not those of the test runner.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });

it('an engine host ends when its supervisor is gone, however early', async () => {
  const early = start();
  const late = start();
  const exits = [early, late].map((child) => once(child, 'exit'));
  // Before a line of it has run: the end of the channel comes before anybody listens for it.
  early.disconnect();
  await once(late, 'message');
  late.disconnect();
  expect(await Promise.all(exits)).toEqual([
    [0, null],
    [0, null],
  ]);
});
