import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Supervised, type Running } from './supervised.js';

/** Starts fake processes and lets the spec end them. */
function setup(failures: Error[] = []) {
  const bus = new EventEmitter();
  const events: string[] = [];
  const ends: (() => void)[] = [];
  let started = 0;
  const start = async (previous?: Running): Promise<Running> => {
    const failure = previous === undefined ? undefined : failures.shift();
    if (failure !== undefined) throw failure;
    started += 1;
    let exit: (code: number) => void = () => undefined;
    const exited = new Promise<{ code: number; signal: null }>((resolve) => {
      exit = (code) => resolve({ code, signal: null });
    });
    ends.push(() => exit(3));
    return { pid: started, exited, stop: async () => exit(0) };
  };
  const onEvent = (line: string): void => {
    events.push(line);
    bus.emit(line.includes('runs again') ? 'again' : 'other');
  };
  const restarted: number[] = [];
  const options = {
    name: 'api',
    start,
    onEvent,
    firstPauseMs: 1,
    onRestart: async () => void restarted.push(started),
  };
  return { options, events, bus, restarted, end: () => ends.at(-1)?.() };
}

describe('Supervised', () => {
  it('starts again what has ended, and says so', async () => {
    const { options, events, bus, restarted, end } = setup();
    const kept = await Supervised.start(options);
    end();
    await once(bus, 'again');
    expect(kept.current.pid).toBe(2);
    expect(restarted).toEqual([2]);
    expect(events).toEqual([
      'api ended (code 3), starting it again in 0.001 s',
      'api runs again (process 2)',
    ]);
    await kept.stop();
  });

  it('tries again after a start that failed, with longer pauses', async () => {
    const { options, events, bus, end } = setup([new Error('no memory'), new Error('no memory')]);
    const kept = await Supervised.start(options);
    end();
    await once(bus, 'again');
    expect(events.slice(1)).toEqual([
      'api did not start: no memory; next try in 0.002 s',
      'api did not start: no memory; next try in 0.004 s',
      'api runs again (process 2)',
    ]);
    await kept.stop();
  });

  it('ends for good when it is stopped, and is not started again', async () => {
    const { options, events } = setup();
    const kept = await Supervised.start(options);
    await kept.stop();
    expect(events).toEqual([]);
    expect(kept.current.pid).toBe(1);
  });

  it('can be stopped in a pause', async () => {
    const { options, bus, end, events } = setup();
    const kept = await Supervised.start({ ...options, firstPauseMs: 60_000 });
    end();
    await once(bus, 'other');
    await kept.stop();
    expect(events).toHaveLength(1);
  });

  it('reports the first start that fails to its caller', async () => {
    const start = async (): Promise<Running> => Promise.reject(new Error('no such file'));
    const failing = Supervised.start({ name: 'api', start, onEvent: () => undefined });
    await expect(failing).rejects.toThrow('no such file');
  });
});
