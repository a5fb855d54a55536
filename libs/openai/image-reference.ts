import { parsePublicId } from '#contracts';

/** Where the picture of a request is. */
export type ImageReference =
  | { readonly kind: 'data'; readonly base64: string }
  | { readonly kind: 'url'; readonly url: string }
  /** Bytes that the tenant has sent before, into any set; lower-case hex. */
  | { readonly kind: 'sha256'; readonly sha256: string }
  /** A file of the tenant; a UUID. */
  | { readonly kind: 'file'; readonly fileId: string };

const DATA = /^data:[^,]{0,200};base64,/i;
const OURS = /^pallet:\/\/(sha256|files)\/([A-Za-z0-9_]+)$/;
const SHA256 = /^[0-9a-f]{64}$/;
const MOST_URL_LENGTH = 8_192;

/**
 * Input: `data:...;base64,...`, `https://...`, `pallet://sha256/HEX` or `pallet://files/file_...`.
 * Output: what it names; undefined when it is none of these.
 */
export function parseImageReference(url: string): ImageReference | undefined {
  const [head] = DATA.exec(url.slice(0, 256)) ?? [];
  if (head !== undefined) return { kind: 'data', base64: url.slice(head.length) };
  const [, place, id = ''] = OURS.exec(url.slice(0, 256)) ?? [];
  if (place === 'sha256') return SHA256.test(id) ? { kind: 'sha256', sha256: id } : undefined;
  if (place === 'files') return fileReference(id);
  if (/^https?:/i.test(url) && url.length <= MOST_URL_LENGTH && URL.canParse(url)) {
    return { kind: 'url', url };
  }
  return undefined;
}

export function fileReference(id: string): ImageReference | undefined {
  const fileId = parsePublicId('file', id);
  return fileId === undefined ? undefined : { kind: 'file', fileId };
}
