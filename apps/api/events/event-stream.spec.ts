import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream } from './event-stream.js';

const event = (key: string, n: number, data = '{}') => ({
  key,
  type: 'job',
  data,
  position: { xid: '7', n: String(n) },
});
const ids = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an event stream', () => {
  it('frames what it is told', () => {
    const stream = new EventStream().setEncoding('utf8');
    stream.read(0);
    stream.tell({ key: 'a', type: 'job', data: '{"a":1}', position: { xid: '1', n: '2' } });
    stream.tell({ key: 'models', type: 'models', data: '{}' });
    expect(stream.read()).toBe('event: job\nid: 1-2\ndata: {"a":1}\n\nevent: models\ndata: {}\n\n');
    stream.destroy();
  });

  it('keeps for a slow client the newest form of each subject, in order of their ids', () => {
    const stream = new EventStream().setEncoding('utf8');
    const large = JSON.stringify('x'.repeat(20_000));
    stream.read(0);
    stream.tell(event('first', 1, large));
    for (let n = 2; n <= 500; n += 1) stream.tell(event(n % 2 ? 'odd' : 'even', n));
    expect(stream.readableLength).toBeLessThan(21_000);
    let text = String(stream.read());
    text += String(stream.read());
    expect(ids(text)).toEqual(['7-1', '7-499', '7-500']);
    stream.destroy();
  });

  it('lets go of a client that is too far behind, and of one that takes nothing', async () => {
    const far = new EventStream();
    for (let n = 0; n <= 1_000; n += 1) far.tell(event(`job ${n}`, n));
    expect(far.destroyed).toBe(true);

    const idle = new EventStream();
    idle.read(0);
    idle.tell(event('a', 1, JSON.stringify('x'.repeat(20_000))));
    idle.tell(event('b', 2));
    vi.advanceTimersByTime(45_000);
    expect(idle.destroyed).toBe(false);
    vi.advanceTimersByTime(30_000);
    expect(idle.destroyed).toBe(true);
  });

  it('says that it is there while nothing happens', () => {
    const stream = new EventStream().setEncoding('utf8');
    stream.read(0);
    vi.advanceTimersByTime(15_000);
    expect(stream.read()).toMatch(/^:.*\n\n$/);
    stream.destroy();
  });

  it('ends after what was told before', async () => {
    const stream = new EventStream().setEncoding('utf8');
    stream.tell(event('a', 1));
    stream.end();
    stream.tell(event('b', 2));
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(ids(text)).toEqual(['7-1']);
  });
});
