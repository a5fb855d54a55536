import type { Database } from '../database.js';

/** Secrets sealed in one transaction: it stays short at any number of them. */
const BATCH_ROWS = 100;

export interface SealingStep {
  /** How secrets begin that need nothing. */
  readonly sealedForm: string;
  /** The row that the step before ended with; undefined for the first step. */
  readonly after?: string;
  /** Input: a secret as stored. Output: as it is to be stored; undefined leaves it. */
  readonly seal: (endpointId: string, stored: string) => string | undefined;
}

/**
 * Output: the last row that was looked at; undefined when there are no more. Any number may run: rows that
 * another one holds are left to it, and what is sealed is not looked at again.
 */
export function sealWebhookSecrets(
  database: Database,
  { sealedForm, after = '0', seal }: SealingStep,
): Promise<string | undefined> {
  return database.transaction(async (tx) => {
    const rows = await tx.query<{ id: string; endpointId: string; secret: string }>(
      `SELECT id::text AS id, endpoint_id AS "endpointId", secret FROM webhook_secrets
       WHERE id > $1::bigint AND NOT starts_with(secret, $2)
       ORDER BY webhook_secrets.id LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED`,
      [after, sealedForm],
    );
    const sealed = rows.flatMap(({ id, endpointId, secret }) => {
      const next = seal(endpointId, secret);
      return next === undefined ? [] : [{ id, next }];
    });
    await tx.query(
      `UPDATE webhook_secrets AS s SET secret = n.secret
       FROM unnest($1::bigint[], $2::text[]) AS n (id, secret) WHERE s.id = n.id`,
      [sealed.map(({ id }) => id), sealed.map(({ next }) => next)],
    );
    return rows.at(-1)?.id;
  });
}
