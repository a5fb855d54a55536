import { AppError } from '#contracts';
import type { ClaimedDelivery } from '#database';
import { openWebhookSecret, type SecretBox } from '#secrets';
import { signWebhook, type SignatureHeaders } from '#webhooks';

/**
 * The only place where secrets are opened to sign. Output: headers, or why there are none: all secrets have to
 * open, for nobody knows which of them the receiver has.
 */
export function signDelivery(
  box: SecretBox,
  { endpointId, secrets }: ClaimedDelivery,
  eventId: string,
  message: { readonly at: Date; readonly body: string },
): { readonly signature?: SignatureHeaders; readonly unsigned?: AppError } {
  try {
    const opened = secrets.map((stored) => openWebhookSecret(box, endpointId, stored));
    return { signature: signWebhook(opened, eventId, message.at.getTime(), message.body) };
  } catch (error) {
    if (error instanceof AppError) return { unsigned: error };
    throw error;
  }
}
