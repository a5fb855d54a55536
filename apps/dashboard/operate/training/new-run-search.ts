/** What the address of the form says: the job whose corrections are trained on. */
export interface NewRunSearch {
  readonly job?: string;
}

export const readNewRunSearch = (search: Readonly<Record<string, unknown>>): NewRunSearch =>
  typeof search.job === 'string' ? { job: search.job } : {};
