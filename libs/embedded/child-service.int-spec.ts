import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startService } from './child-service.js';
import { endWithParent, isAlive, WATCH_SCRIPT } from './process-life.js';

describe('startService', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pallet-service-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function program(code: string): Promise<string> {
    const entry = join(directory, 'service.cjs');
    await writeFile(entry, code);
    return entry;
  }

  it('resolves with the ready message, passes lines on and stops on SIGTERM', async () => {
    const lines: string[] = [];
    const entry = await program(`
      console.log('hello', process.env.GREETING);
      process.send({ type: 'starting' });
      process.on('SIGTERM', () => process.exit(7));
      process.send({ type: 'ready', port: 42 });
      setInterval(() => {}, 1000);`);
    const service = await startService({
      name: 'api',
      entry,
      env: { GREETING: 'moon' },
      onLine: (line) => lines.push(line),
    });
    expect(service.ready).toEqual({ type: 'ready', port: 42 });
    await expect.poll(() => lines).toEqual(['hello moon']);
    expect(await service.stop(5_000)).toEqual({ code: 7, signal: null });
  });

  it('kills what does not end by the deadline', async () => {
    const entry = await program(`
      process.on('SIGTERM', () => {});
      process.send({ type: 'ready' });
      setInterval(() => {}, 1000);`);
    const service = await startService({ name: 'worker', entry, env: {} });
    expect(await service.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isAlive(service.pid)).toBe(false);
  });

  it('rejects with the last words of a child that dies before it is ready', async () => {
    const entry = await program(`console.error('no such model'); process.exit(3);`);
    await expect(startService({ name: 'worker', entry, env: {} })).rejects.toMatchObject({
      code: 'embedded.service_failed',
      message: 'worker ended with code 3. It wrote:\nno such model',
    });
  });

  it('rejects a child that never becomes ready', async () => {
    const entry = await program(`setInterval(() => {}, 1000);`);
    await expect(
      startService({ name: 'worker', entry, env: {}, readyTimeoutMs: 300 }),
    ).rejects.toThrow('worker was not ready in time');
  });

  it('rejects with the reason of an abort, and leaves no child', async () => {
    const abort = new AbortController();
    const lines: string[] = [];
    const entry = await program(`console.log(process.pid); setInterval(() => {}, 1000);`);
    const starting = startService({
      name: 'worker',
      entry,
      env: {},
      signal: abort.signal,
      onLine: (line) => {
        lines.push(line);
        abort.abort(new Error('interrupted'));
      },
    });
    await expect(starting).rejects.toThrow('interrupted');
    expect(isAlive(Number(lines[0]))).toBe(false);
  });
});

describe('endWithParent', () => {
  it('ends a child whose parent is killed without warning', async () => {
    // The parent is a program of its own, as it has to die; it tells the id of what it started.
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { execFile, spawn } from 'node:child_process';
         const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
         const watch = spawn('sh', ['-c', process.argv[1], 'w', String(child.pid), 'TERM', '5'],
           { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
         console.log(child.pid);`,
        WATCH_SCRIPT,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [said] = await once(parent.stdout, 'data');
    const pid = Number(String(said));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('leaves no watcher when the child ends first', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    endWithParent(child, 'TERM', 5);
    const watchers = (): Promise<number> => countProcesses(`pallet-watch ${child.pid} `);
    await expect.poll(watchers).toBe(1);
    child.kill();
    await expect.poll(watchers).toBe(0);
  });
});

async function countProcesses(commandPart: string): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(commandPart)).length;
}
