import { AppError } from '#contracts';

/** What a model may be called: it names a folder, and goes into jobs and addresses. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Folders in the making carry it. */
export const PARTIAL = '.partial';

export const isModelName = (name: string): boolean => NAME.test(name) && !name.endsWith(PARTIAL);

/** Errors: `model.bad_name`. */
export function mustBeModelName(name: string): void {
  if (isModelName(name)) return;
  throw new AppError(
    'model.bad_name',
    `"${name}" cannot name a model: letters, digits, ".", "_" and "-", beginning with a letter or digit, at most 128 of them.`,
    { context: { name } },
  );
}

/** A name from what a model is called elsewhere: `google/paligemma2-3b-mix-224` and a folder both give their last part. */
export function modelNameFrom(source: string): string {
  const last = source.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  const name = last.replaceAll(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return name.slice(0, 128) || 'model';
}
