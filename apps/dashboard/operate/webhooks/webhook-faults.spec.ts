import { expect, it } from 'vitest';
import type { Problem } from '#contracts';
import { ProblemError, SilenceError } from '../../client/request.js';
import { webhookFaults } from './webhook-faults.js';

const refusal = (code: string, errors?: Problem['errors']) =>
  new ProblemError({
    type: '',
    title: '',
    status: 422,
    detail: 'No.',
    code,
    request_id: '',
    errors,
  });

it('says beside the URL what the guard of outgoing requests has against it', () => {
  const faults = { url: { code: 'outgoing.forbidden_address', detail: 'No.' } };
  expect(webhookFaults(refusal('outgoing.forbidden_address'))).toEqual(faults);
});

it('says beside a field what the schema has against it', () => {
  const long = { pointer: '/description', detail: 'Too long', code: 'too_big' };
  const other = { pointer: '/events/0', detail: 'Unknown', code: 'invalid_value' };
  expect(webhookFaults(refusal('request.invalid', [other, long]))).toEqual({ description: long });
});

it('has nothing to say beside a field of what concerns none', () => {
  const others = [null, new SilenceError(), refusal('webhook.not_found')];
  for (const error of others) expect(webhookFaults(error)).toEqual({});
});
