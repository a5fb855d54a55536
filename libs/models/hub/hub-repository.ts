import { AppError } from '#contracts';

/** A model repository of the Hub, and which state of it. */
export interface HubRepository {
  /** `OWNER/NAME`. */
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

// One part of a name as the Hub allows it; it becomes part of a folder name here, so no leading dot.
const PART = '[A-Za-z0-9_][A-Za-z0-9._-]{0,95}';
const FORM = new RegExp(`^(${PART}/${PART})(?:@([^\\s\\0]{1,200}))?$`);

/** Reads `OWNER/NAME[@REVISION]`. Errors: `hub.bad_repository`. */
export function parseRepository(text: string): HubRepository {
  const [, name, revision = 'main'] = FORM.exec(text) ?? [];
  if (name !== undefined) return { name, revision };
  throw new AppError(
    'hub.bad_repository',
    `"${text}" names no repository of the Hub: write OWNER/NAME or OWNER/NAME@REVISION, for example google/paligemma2-3b-mix-224.`,
  );
}
