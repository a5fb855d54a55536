import { expect, it } from 'vitest';
import type { Webhook } from '#contracts';
import { changeOf, draftOf, type WebhookDraft } from './webhook-draft.js';

const webhook: Webhook = {
  object: 'webhook',
  id: `whe_${'0'.repeat(32)}`,
  url: 'https://example.com/hook',
  events: ['job.cancelled', 'job.finished'],
  payload: 'thin',
  scope: 'all',
  description: null,
  state: 'enabled',
  disabled_reason: null,
  failing_since: null,
  created_at: '2026-01-31T08:00:00.000Z',
};

it.each<[Partial<WebhookDraft>, object]>([
  [{}, {}],
  [{ url: 'https://example.com/new' }, { url: 'https://example.com/new' }],
  [{ events: ['job.finished', 'job.cancelled'] }, {}],
  [{ events: ['job.finished'] }, { events: ['job.finished'] }],
  [{ payload: 'full' }, { payload: 'full' }],
  [{ description: 'Night shift' }, { description: 'Night shift' }],
])('of what was typed, %j, the API is told %j', (typed, told) => {
  const before = draftOf(webhook);
  expect(changeOf(before, { ...before, ...typed })).toEqual(told);
});

it('a description that was taken away is told as an empty one', () => {
  const before = draftOf({ ...webhook, description: 'Night shift' });
  expect(changeOf(before, { ...before, description: '' })).toEqual({ description: '' });
});
