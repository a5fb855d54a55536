/**
 * Every expected failure of Pallet. `code` is stable and documented, so clients may switch on it;
 * `message` says what happened and what to do next. No secrets in `context`: it is logged and shown.
 */
export class AppError extends Error {
  readonly code: string;
  /** True when the same call may succeed later without any change by the caller. */
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; context?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }
}
