export { isWellFormedSecretsKey, newSecretsKey } from './secrets-key.js';
export { SecretBox } from './secret-box.js';
export { openWebhookSecret, sealWebhookSecret } from './webhook-secret.js';
