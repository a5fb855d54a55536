import { useInfiniteQuery } from '@tanstack/react-query';
import type { FilePage, StoredFile } from '#contracts';
import { pagesOf } from './pages';
import { request } from './request';

const PATH = '/v1/files';
const FILES_A_PAGE = 100;
/** As `uploadPurposeSchema` has it. */
const PURPOSE = 'fine-tune';

/** Files of examples that were sent before, newest first. */
export const useTuningFiles = () =>
  useInfiniteQuery({
    queryKey: ['tuning-files'],
    ...pagesOf<FilePage>(PATH, FILES_A_PAGE, { purpose: PURPOSE }),
  });

/** Ids of what was sent already: an order that is refused is tried again without its files being sent twice. */
const sent = new WeakMap<File, string>();

/** Input: a file of examples. Output: the id under which the API keeps it. Errors: those of `request`. */
export async function sendTuningFile(file: File): Promise<string> {
  const known = sent.get(file);
  if (known !== undefined) return known;
  const body = new FormData();
  body.append('purpose', PURPOSE);
  body.append('file', file, file.name);
  const { id } = await request<StoredFile>(PATH, { method: 'POST', body });
  sent.set(file, id);
  return id;
}
