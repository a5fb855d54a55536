import { describe, expect, it } from 'vitest';
import { bullmqPriority, queueName } from './queue-name.js';

describe('queueName', () => {
  it('keeps ordinary names readable and encodes what BullMQ forbids', () => {
    expect(queueName('paligemma2-3b.mix@448', 'bulk')).toBe('bulk-paligemma2-3b.mix%40448');
    expect(queueName('a:b/c', 'interactive')).toBe('interactive-a%3Ab%2Fc');
  });

  it('gives different queues to names that look alike', () => {
    expect(queueName('a%3Ab', 'bulk')).not.toBe(queueName('a:b', 'bulk'));
  });
});

describe('bullmqPriority', () => {
  it('turns "higher is sooner" into "lower is sooner", never 0, which would overtake all', () => {
    expect([10, 1, 0, -1, -10].map(bullmqPriority)).toEqual([1, 10, 11, 12, 21]);
  });

  it('bounds what is out of range', () => {
    expect([99, -99].map(bullmqPriority)).toEqual([1, 21]);
  });
});
