import { describe, expect, it } from 'vitest';
import type { Answer, HostResult, Task } from '#contracts';
import type { KnownAnswer, Lease } from '#database';
import { endAsAnswered, endAsKnown, endTwins, openQuestions, planWork } from './shard-work.js';

const TASKS: Task[] = [{ type: 'caption', language: 'en' }, { type: 'ocr' }];

const lease = (...contents: string[]) =>
  ({ items: contents.map((sha256, n) => ({ n, name: `${n}`, sha256 })), tasks: TASKS }) as Lease &
    object;

const answer = (task: number, raw: string): Answer => ({
  task,
  raw,
  prompt: '',
  text: raw,
  boxes: [],
  confidence: 1,
  tokens: 1,
  end_reason: 'eos',
  warnings: [],
});

const known = (...pairs: [number, string][]): Map<number, KnownAnswer> =>
  new Map(
    pairs.map(([task, raw]) => [
      task,
      { answer: { ...answer(task, raw), cached: true }, width: 3, height: 2 },
    ]),
  );

const result = (...answers: Answer[]): HostResult => ({
  answers,
  width: 3,
  height: 2,
  timings: { decode_ms: 1, encode_ms: 1, generate_ms: 1 },
});

describe('a shard whose answers may be known', () => {
  it('asks about each content once, and each image ends', () => {
    const [a, b] = planWork(lease('a', 'b', 'a', 'a'), { questions: [1, 2], answers: new Map() });
    expect([a!.item.n, a!.twins.map((twin) => twin.n)]).toEqual([0, [2, 3]]);
    expect([b!.item.n, b!.twins]).toEqual([1, []]);
    const run = { attempts: 1, fetchMs: 1, questions: [1, 2] };
    const asked = openQuestions(TASKS, a!);
    const ended = endAsAnswered(a!, asked, result(answer(0, 'x'), answer(1, 'y')), run);
    expect(ended.remember).toEqual([
      { sha256: 'a', question: 1, task: 0 },
      { sha256: 'a', question: 2, task: 1 },
    ]);
    const twins = endTwins(a!, ended);
    expect(twins.map((twin) => twin.n)).toEqual([2, 3]);
    expect(twins[0]!.answers!.map(({ raw, cached }) => [raw, cached])).toEqual([
      ['x', true],
      ['y', true],
    ]);
    expect(twins[0]!.remember).toBeUndefined();
  });

  it('asks every image for itself when the job wants no cache, or a task is drawn by chance', () => {
    for (const questions of [[], [1, null]]) {
      const works = planWork(lease('a', 'a'), { questions, answers: new Map() });
      expect(works.map(({ item, twins }) => [item.n, twins.length])).toEqual([
        [0, 0],
        [1, 0],
      ]);
    }
  });

  it('asks only what is not known, and keeps the order of the tasks', () => {
    const answers = new Map([['a', known([0, 'old'])]]);
    const [work] = planWork(lease('a'), { questions: [1, 2], answers });
    const asked = openQuestions(TASKS, work!);
    expect(asked).toEqual([{ task: TASKS[1], index: 1 }]);
    const run = { attempts: 2, fetchMs: 1, questions: [1, 2] };
    const ended = endAsAnswered(work!, asked, result(answer(0, 'new')), run);
    expect(ended.answers!.map(({ task, raw, cached }) => [task, raw, cached])).toEqual([
      [0, 'old', true],
      [1, 'new', undefined],
    ]);
    expect(ended.remember).toEqual([{ sha256: 'a', question: 2, task: 1 }]);
  });

  it('ends without the host when all is known', () => {
    const answers = new Map([['a', known([1, 'y'], [0, 'x'])]]);
    const [work] = planWork(lease('a'), { questions: [1, 2], answers });
    expect(openQuestions(TASKS, work!)).toEqual([]);
    const ended = endAsKnown(work!, 1);
    expect(ended).toMatchObject({ n: 0, state: 'succeeded', width: 3, height: 2 });
    expect(ended.answers!.map(({ task, raw }) => [task, raw])).toEqual([
      [0, 'x'],
      [1, 'y'],
    ]);
    expect(ended.timings).toBeUndefined();
  });
});
