import { AppError } from '#contracts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EACCES: 'writing there is not allowed',
  EPERM: 'writing there is not allowed',
  EROFS: 'the disk is read-only',
};

/** An error of the file system that the user can do something about, said so; any other error as it is. */
export function asDiskProblem(error: unknown, directory: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code];
  if (error instanceof AppError || reason === undefined) return error;
  return new AppError(
    'model.not_written',
    `${directory}: ${reason}. Make room or choose another folder with --data, then try again.`,
    { cause: error, context: { directory } },
  );
}
