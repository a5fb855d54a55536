const TABS = ['details', 'log'] as const;
type Tab = (typeof TABS)[number];

/** What the address of a job says about its gallery. */
export interface GallerySearch {
  readonly tab?: Tab;
  readonly state?: 'succeeded' | 'failed' | 'cancelled';
  readonly cause?: string;
  readonly label?: string;
  /** Custom id or file name of an image, or how one begins; in quotes the whole of it. */
  readonly image?: string;
  /** Least confidence of a box that is shown, percent. */
  readonly least?: number;
}

const STATES = ['succeeded', 'failed', 'cancelled'] as const;

export function readGallerySearch(search: Readonly<Record<string, unknown>>): GallerySearch {
  const tab = TABS.find((known) => known === search.tab);
  const state = STATES.find((known) => known === search.state);
  const least = Number(search.least);
  return {
    ...(tab && { tab }),
    ...(state && { state }),
    ...(typeof search.cause === 'string' && search.cause !== '' && { cause: search.cause }),
    ...(typeof search.label === 'string' && search.label !== '' && { label: search.label }),
    ...(typeof search.image === 'string' && search.image !== '' && { image: search.image }),
    ...(Number.isInteger(least) && least > 0 && least <= 100 && { least }),
  };
}
