import type { RetryJob } from '#contracts';
import type { RetryChoice } from '#database';

export const retryChoiceOf = ({ cancelled, error_codes }: RetryJob): RetryChoice => ({
  states: cancelled ? ['failed', 'cancelled'] : ['failed'],
  errorCodes: error_codes,
});
