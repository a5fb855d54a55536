import { AppError, type Problem } from '#contracts';

export type FieldError = NonNullable<Problem['errors']>[number];

interface Issue {
  readonly message: string;
  readonly code?: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The request does not keep its schema; `errors` says where, as JSON pointers. */
export class RequestInvalidError extends AppError {
  constructor(readonly errors: readonly FieldError[]) {
    const [first] = errors;
    const where = first?.pointer ? ` at ${first.pointer}` : '';
    super('request.invalid', `The request is not valid${where}: ${first?.detail ?? 'see errors'}.`);
  }

  static from(issues: readonly Issue[]): RequestInvalidError {
    return new RequestInvalidError(
      issues.slice(0, 100).map((issue) => ({
        pointer: pointerOf(issue.path ?? []),
        detail: issue.message,
        code: issue.code ?? 'invalid',
      })),
    );
  }
}

function pointerOf(path: NonNullable<Issue['path']>): string {
  return path
    .map((step) => String(typeof step === 'object' ? step.key : step))
    .map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
