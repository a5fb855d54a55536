import { AppError } from '#contracts';
import type { ChangePosition } from '#database';

/** Within what Postgres holds in 64 bits. */
const SHAPE = /^(\d{1,18})-(\d{1,18})$/;

/** What a client sends back as `Last-Event-ID` to go on from there. */
export const eventId = ({ xid, n }: ChangePosition): string => `${xid}-${n}`;

/** Errors: `events.invalid_id`. */
export function parseEventId(header: string | undefined): ChangePosition | undefined {
  if (header === undefined || header === '') return undefined;
  const [, xid, n] = SHAPE.exec(header) ?? [];
  if (xid !== undefined && n !== undefined) return { xid, n };
  throw new AppError(
    'events.invalid_id',
    'This Last-Event-ID is none of ours; begin again without one.',
  );
}
