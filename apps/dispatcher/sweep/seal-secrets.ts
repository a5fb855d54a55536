import { AppError } from '#contracts';
import { sealWebhookSecrets, type Database } from '#database';
import { openWebhookSecret, sealWebhookSecret, type SecretBox } from '#secrets';
import type { Logger } from '#telemetry';

/**
 * Seals webhook secrets that lie in clear, or that an older key has sealed: then that key can go. Without a
 * key nothing changes. Those that do not open stay as they are, for the key may come back.
 */
export async function sealSecrets(
  database: Database,
  secrets: SecretBox,
  log: Logger,
): Promise<void> {
  const sealedForm = secrets.newestForm;
  if (sealedForm === undefined) return;
  const count = { sealed: 0, unreadable: 0 };
  const seal = (endpointId: string, stored: string): string | undefined => {
    const clear = openOrLeave(secrets, endpointId, stored);
    count[clear === undefined ? 'unreadable' : 'sealed'] += 1;
    return clear && sealWebhookSecret(secrets, endpointId, clear);
  };
  let after: string | undefined;
  do {
    after = await sealWebhookSecrets(database, { sealedForm, after, seal });
  } while (after !== undefined);
  if (count.sealed > 0) log.info({ sealed: count.sealed }, 'webhook secrets sealed');
  if (count.unreadable > 0) {
    log.warn(
      { unreadable: count.unreadable },
      'webhook secrets were sealed by a key that is not in SECRETS_KEY',
    );
  }
}

function openOrLeave(secrets: SecretBox, endpointId: string, stored: string): string | undefined {
  try {
    return openWebhookSecret(secrets, endpointId, stored);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
}
