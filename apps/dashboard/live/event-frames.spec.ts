import { expect, it } from 'vitest';
import { EventFrames } from './event-frames.js';

const WIRE =
  'event: ready\nid: 1-2\ndata: {}\n\n: still here\n\nevent: models\ndata: {"a":"b: c"}\n\n';
const EVENTS = [
  { type: 'ready', id: '1-2', data: '{}' },
  { type: 'models', id: undefined, data: '{"a":"b: c"}' },
];

it('is told the same events wherever the wire is cut', () => {
  for (let at = 0; at <= WIRE.length; at++) {
    const frames = new EventFrames();
    expect([...frames.push(WIRE.slice(0, at)), ...frames.push(WIRE.slice(at))]).toEqual(EVENTS);
  }
});

it('keeps back an event whose end has not come', () => {
  const frames = new EventFrames();
  expect(frames.push('event: job\ndata: {}\n')).toEqual([]);
  expect(frames.push('\n')).toEqual([{ type: 'job', id: undefined, data: '{}' }]);
});
