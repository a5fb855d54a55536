import { QueryClient, type InfiniteData } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { FineTuning, FineTuningPage, Job, JobPage } from '#contracts';
import { LiveUpdates } from './live-updates.js';

let client: QueryClient;
let updates: LiveUpdates;

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
  updates = new LiveUpdates(client);
});
afterEach(() => {
  updates.stop();
  vi.useRealTimers();
});

const job = (id: string, more: object = {}) =>
  ({ id, state: 'running', finished_at: null, progress: 0, ...more }) as Job;
const tell = (subject: Job): void =>
  updates.take({ type: 'job', id: '1-1', data: JSON.stringify(subject) });
const isOld = (key: readonly unknown[]): boolean => client.getQueryState(key)!.isInvalidated;

function showList(...jobs: Job[]): void {
  const pages = [{ data: jobs, next_cursor: null } as JobPage];
  client.setQueryData(['jobs', ''], { pages, pageParams: [null] });
}
/** Asks for it; output: what the server answers with. */
function ask(id: string): (answer: Job) => void {
  let give: (answer: Job) => void;
  const answer = new Promise<Job>((resolve) => (give = resolve));
  void client.fetchQuery({ queryKey: ['job', id], queryFn: () => answer }).catch(() => undefined);
  return (told) => give(told);
}
const listed = (): readonly Job[] =>
  client.getQueryData<InfiniteData<JobPage>>(['jobs', ''])!.pages[0]!.data;

it('shows the newest form of a job once, in its own page and in the list', () => {
  showList(job('b'), job('a'));
  client.setQueryData(['job', 'a'], job('a'));
  const seen = vi.fn<() => void>();
  client.getQueryCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'success') seen();
  });
  for (let step = 1; step <= 50; step++) tell(job('a', { progress: step / 100 }));
  expect(seen).not.toHaveBeenCalled();
  vi.advanceTimersByTime(500);
  expect(seen).toHaveBeenCalledTimes(2);
  expect(client.getQueryData<Job>(['job', 'a'])?.progress).toBe(0.5);
  expect(listed().map(({ id, progress }) => [id, progress])).toEqual([
    ['b', 0],
    ['a', 0.5],
  ]);
  vi.advanceTimersByTime(5_000);
  expect(isOld(['jobs', ''])).toBe(false);
});

it.each([
  ['that is new', job('c')],
  ['that may leave the list', job('a', { state: 'completed' })],
])('asks for the list again after a job %s', (_, told) => {
  showList(job('a'));
  tell(told);
  vi.advanceTimersByTime(500);
  vi.advanceTimersByTime(1);
  expect(isOld(['jobs', ''])).toBe(true);
});

it('asks for results no more than once in two seconds, and only where some have not come', () => {
  client.setQueryData(['job', 'a'], job('a'));
  const [open, full, other] = [
    ['results', 'a', 0, false],
    ['results', 'a', 1, false],
    ['results', 'b', 0, false],
  ];
  client.setQueryData(open!, [undefined]);
  client.setQueryData(full!, [{ n: 60 }]);
  client.setQueryData(other!, [undefined]);
  tell(job('a'));
  vi.advanceTimersByTime(500);
  vi.advanceTimersByTime(1);
  expect([open, full, other].map((key) => isOld(key!))).toEqual([true, false, false]);
  client.setQueryData(open!, [undefined]);
  tell(job('a', { progress: 0.2 }));
  vi.advanceTimersByTime(1_900);
  expect(isOld(open!)).toBe(false);
  vi.advanceTimersByTime(100);
  expect(isOld(open!)).toBe(true);
});

it('shows what was told, not what was asked for before and comes later', async () => {
  client.setQueryData(['job', 'a'], job('a'));
  const answer = ask('a');
  tell(job('a', { progress: 1 }));
  vi.advanceTimersByTime(500);
  answer(job('a', { progress: 0.5 }));
  await vi.advanceTimersByTimeAsync(1);
  expect(client.getQueryData<Job>(['job', 'a'])?.progress).toBe(1);
});

it('leaves what was answered since an event came, and asks once more', () => {
  client.setQueryData(['job', 'a'], job('a'));
  tell(job('a', { progress: 0.5 }));
  vi.advanceTimersByTime(100);
  client.setQueryData(['job', 'a'], job('a', { state: 'paused' }));
  vi.advanceTimersByTime(400);
  expect(client.getQueryData<Job>(['job', 'a'])?.state).toBe('paused');
  expect(isOld(['job', 'a'])).toBe(true);
});

it('asks again for what was asked for the first time when the stream began', async () => {
  const answer = ask('a');
  updates.take({ type: 'ready', id: '1-1', data: '{}' });
  answer(job('a'));
  await vi.advanceTimersByTimeAsync(1);
  expect(client.getQueryData(['job', 'a'])).toMatchObject({ id: 'a' });
  expect(isOld(['job', 'a'])).toBe(true);
});

it('takes items that had ended for old when their job is done again', () => {
  client.setQueryData(['job', 'a'], job('a', { finished_at: '2026-01-01T00:00:00Z' }));
  client.setQueryData(['item', 'a', 3], { n: 3 });
  tell(job('a'));
  vi.advanceTimersByTime(500);
  expect(isOld(['item', 'a', 3])).toBe(true);
});

it('shows a training in its page and in the list, and asks for its steps', () => {
  const run = (id: string, step: number) => ({ id, step, fine_tuned_model: null }) as FineTuning;
  const pages = [{ data: [run('b', 0), run('a', 0)], next_cursor: null } as FineTuningPage];
  client.setQueryData(['tunings'], { pages, pageParams: [null] });
  client.setQueryData(['tuning', 'a'], run('a', 0));
  client.setQueryData(['tuning-events', 'a'], []);
  const told = (of: FineTuning) =>
    updates.take({ type: 'fine_tuning.job', id: '1-1', data: JSON.stringify(of) });
  told(run('a', 1));
  told(run('a', 2));
  vi.advanceTimersByTime(2_000);
  expect(client.getQueryData(['tuning', 'a'])).toMatchObject({ step: 2 });
  const list = () => client.getQueryData<InfiniteData<FineTuningPage>>(['tunings'])!.pages[0]!;
  expect(list().data.map(({ id, step }) => [id, step])).toEqual([
    ['b', 0],
    ['a', 2],
  ]);
  expect([isOld(['tuning-events', 'a']), isOld(['tunings'])]).toEqual([true, false]);
  told(run('c', 1));
  vi.advanceTimersByTime(2_000);
  expect(isOld(['tunings'])).toBe(true);
});

it('asks how far imports of models are, once for all that was told meanwhile', () => {
  client.setQueryData(['model-imports'], { pages: [], pageParams: [] });
  const told = () => updates.take({ type: 'model_import', id: '1-1', data: '{}' });
  told();
  vi.advanceTimersByTime(1);
  expect(isOld(['model-imports'])).toBe(true);
  client.setQueryData(['model-imports'], { pages: [], pageParams: [] });
  told();
  vi.advanceTimersByTime(1_000);
  expect(isOld(['model-imports'])).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(isOld(['model-imports'])).toBe(true);
});

it('takes all for old that was read before the stream began, but not who is signed in', () => {
  showList(job('a'));
  client.setQueryData(['session'], {});
  updates.take({ type: 'reset', id: '1-1', data: '{}' });
  expect([isOld(['jobs', '']), isOld(['session'])]).toEqual([true, false]);
});

it('asks for what was deleted, which then is not there', () => {
  showList(job('a'));
  client.setQueryData(['job', 'a'], job('a'));
  updates.take({ type: 'job.deleted', id: '1-1', data: JSON.stringify({ id: 'a' }) });
  vi.advanceTimersByTime(1);
  expect([isOld(['job', 'a']), isOld(['jobs', ''])]).toEqual([true, true]);
});
