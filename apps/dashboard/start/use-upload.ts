import { useCallback, useRef, useState } from 'react';
import type { ImageSet, UploadReport } from '#contracts';
import { request } from '../client/request';

/** Files and bytes that one request carries: small, so that progress is seen and little is lost. */
const FILES_A_REQUEST = 20;
const BYTES_A_REQUEST = 16 * 2 ** 20;

export interface UploadState {
  readonly set: ImageSet | undefined;
  readonly sent: number;
  readonly total: number;
  readonly refused: UploadReport['files'];
  readonly error: unknown;
}

const NOTHING: UploadState = { set: undefined, sent: 0, total: 0, refused: [], error: undefined };

/** Sends files into an image set that is made with the first of them. */
export function useUpload() {
  const [state, setState] = useState<UploadState>(NOTHING);
  const set = useRef<Promise<ImageSet>>(undefined);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const add = useCallback((files: readonly File[]): void => {
    if (files.length === 0) return;
    setState((last) => ({ ...last, total: last.total + files.length, error: undefined }));
    set.current ??= request<ImageSet>('/v1/image-sets', {
      method: 'POST',
      body: { name: nameOf(files) },
    });
    const { current } = set;
    queue.current = queue.current.then(async () => {
      try {
        const { id } = await current;
        for (const batch of batchesOf(files)) {
          const report = await send(id, batch);
          setState((last) => ({
            ...last,
            set: report.image_set,
            sent: last.sent + batch.length,
            refused: [...last.refused, ...report.files.filter((file) => file.status === 'refused')],
          }));
        }
      } catch (error) {
        setState((last) => ({ ...last, error }));
      }
    });
  }, []);
  return { ...state, add };
}

function send(setId: string, batch: readonly File[]): Promise<UploadReport> {
  const body = new FormData();
  for (const file of batch) body.append('files', file, file.webkitRelativePath || file.name);
  return request<UploadReport>(`/v1/image-sets/${setId}/images`, { method: 'POST', body });
}

function batchesOf(files: readonly File[]): File[][] {
  const batches: File[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = batches.at(-1);
    if (
      last === undefined ||
      last.length >= FILES_A_REQUEST ||
      bytes + file.size > BYTES_A_REQUEST
    ) {
      batches.push([file]);
      bytes = file.size;
    } else {
      last.push(file);
      bytes += file.size;
    }
  }
  return batches;
}

function nameOf([first, ...others]: readonly File[]): string {
  const name = (first?.name ?? 'pictures').slice(0, 150);
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}
