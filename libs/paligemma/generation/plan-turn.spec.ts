import { describe, expect, it } from 'vitest';
import { planTurn, type EngineState } from './plan-turn.js';
import { WaitingLine } from './waiting-line.js';

const state = (change: Partial<EngineState>): EngineState => ({
  activeSlots: 0,
  freeSlots: 4,
  promptPriority: undefined,
  imagePriority: undefined,
  encodedSinceStep: 0,
  ...change,
});
const full = { activeSlots: 4, freeSlots: 0 };

describe('planTurn', () => {
  it.each([
    ['has nothing to do without work', {}, 'idle'],
    ['steps while sequences are under way', { activeSlots: 1, freeSlots: 3 }, 'decode'],
    [
      'fills a free slot before the next step',
      { activeSlots: 3, freeSlots: 1, promptPriority: 0 },
      'prefill',
    ],
    ['steps when all slots are busy', { ...full, promptPriority: 0 }, 'decode'],
    [
      'prefers a prompt to a picture of the same priority',
      { promptPriority: 0, imagePriority: 0 },
      'prefill',
    ],
    [
      'prefers a more urgent picture to a prompt',
      { promptPriority: 0, imagePriority: 1 },
      'encode',
    ],
    ['encodes when no prompt waits', { activeSlots: 2, freeSlots: 2, imagePriority: 0 }, 'encode'],
    ['encodes one picture ahead while all slots are busy', { ...full, imagePriority: 0 }, 'encode'],
    ['but one only', { ...full, imagePriority: 0, encodedSinceStep: 1 }, 'decode'],
    [
      'and none while a prompt waits already',
      { ...full, promptPriority: 0, imagePriority: 0 },
      'decode',
    ],
    [
      'steps after as many pictures as slots are free',
      { activeSlots: 2, freeSlots: 2, imagePriority: 5, encodedSinceStep: 2 },
      'decode',
    ],
    [
      'encodes on and on when nothing is under way',
      { imagePriority: 0, encodedSinceStep: 99 },
      'encode',
    ],
  ])('%s', (_, change, turn) => {
    expect(planTurn(state(change))).toBe(turn);
  });
});

describe('WaitingLine', () => {
  it('serves the highest priority first, and equals in order of arrival', () => {
    const line = new WaitingLine<{ name: string; priority: number }>();
    for (const [name, priority] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
      ['d', 5],
      ['e', -1],
      ['f', 9],
    ] as const) {
      line.add({ name, priority });
    }
    expect(line.takeWhere(({ name }) => name === 'c').map(({ name }) => name)).toEqual(['c']);
    const order = [];
    while (line.first) order.push(line.takeFirst()!.name);
    expect(order.join('')).toBe('fbdae');
  });
});
