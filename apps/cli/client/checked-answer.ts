import type { z } from 'zod';
import { AppError } from '#contracts';

/** The body of an answer, checked against the contract. Errors: `cli.unexpected_answer`. */
export async function checkedAnswer<T>(
  schema: z.ZodType<T>,
  response: Response,
  address: string,
): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  const checked = schema.safeParse(body);
  // Not `checked.data`: fields that a newer server added must still reach `--json`.
  if (checked.success) return body as T;
  const issue = checked.error.issues[0];
  throw new AppError(
    'cli.unexpected_answer',
    `${address} answered with something this version does not know (${issue?.path.join('.')}: ${issue?.message}). Is it a Pallet API of version 1?`,
    { cause: checked.error },
  );
}
