export interface ScoredAnswer {
  /** The prompt; its first word is the task. */
  readonly prefix: string;
  readonly expected: string;
  /** As the model wrote it, with its `<loc>` and `<seg>` tokens. */
  readonly actual: string;
}

/** Texts and labels are compared so: blanks and case do not count. */
export function plain(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
}
