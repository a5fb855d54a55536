import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Joined } from './joined.js';

/** Statements that end when the test says so. */
function setup() {
  const statements: { asked: readonly number[]; end: (error?: Error) => void }[] = [];
  const joined = new Joined<number, string>(
    String,
    (asked) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => {
          if (error !== undefined) reject(error);
          else resolve(new Map(asked.filter((n) => n > 0).map((n) => [String(n), `answer ${n}`])));
        };
        statements.push({ asked, end });
      }),
  );
  return { joined, statements };
}

describe('questions of the same moment', () => {
  it('are one statement, and the same question is asked once', async () => {
    const { joined, statements } = setup();
    const answers = Promise.all([1, 2, 1, -3].map((n) => joined.ask(n)));
    await turn();
    await turn();
    expect(statements.map(({ asked }) => asked)).toEqual([[1, 2, -3]]);
    statements[0]!.end();
    expect(await answers).toEqual(['answer 1', 'answer 2', 'answer 1', undefined]);
  });

  it('never join a statement that has begun; two run at once and the others gather', async () => {
    const { joined, statements } = setup();
    const answers = [];
    for (const n of [1, 1, 1, 4, 5]) {
      answers.push(joined.ask(n));
      await turn();
      await turn();
    }
    expect(statements.map(({ asked }) => asked)).toEqual([[1], [1]]);
    statements[1]!.end();
    await answers[1];
    await turn();
    expect(statements.map(({ asked }) => asked)).toEqual([[1], [1], [1, 4, 5]]);
    for (const { end } of statements) end();
    expect(await Promise.all(answers)).toEqual([1, 1, 1, 4, 5].map((n) => `answer ${n}`));
  });

  it('are told together when their statement fails, and the next ones go on', async () => {
    const { joined, statements } = setup();
    const failed = Promise.allSettled([joined.ask(1), joined.ask(2)]);
    await turn();
    await turn();
    statements[0]!.end(new Error('gone'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = joined.ask(1);
    await turn();
    await turn();
    statements[1]!.end();
    expect(await next).toBe('answer 1');
  });
});
