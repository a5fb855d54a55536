import type { SecretBox } from './secret-box.js';

/** Whose a sealed secret is: in another endpoint's row it does not open. */
const placeOf = (endpointId: string): string => `webhook ${endpointId}`;

/** Output: what is stored: sealed when there is a key, else as it is. */
export const sealWebhookSecret = (box: SecretBox, endpointId: string, secret: string): string =>
  box.canSeal ? box.seal(secret, placeOf(endpointId)) : secret;

/** Input: a secret in either stored form. Errors: `secrets.unreadable`. */
export const openWebhookSecret = (box: SecretBox, endpointId: string, stored: string): string =>
  box.isSealed(stored) ? box.open(stored, placeOf(endpointId)) : stored;
