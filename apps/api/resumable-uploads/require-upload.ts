import { AppError, notFound, publicId, requireUuid } from '#contracts';
import { findUpload, type Queryable, type UploadRecord } from '#database';

/** Output: the tenant's upload. Errors: `upload.not_found`. */
export async function requireUpload(
  db: Queryable,
  tenantId: string | undefined,
  id: string,
  options: { lock?: boolean } = {},
): Promise<UploadRecord> {
  const upload = await findUpload(db, tenantId, requireUuid('upload', id), options);
  if (upload === undefined) throw notFound('upload', id);
  return upload;
}

/** Errors: `upload.not_open` when it takes no parts any more. */
export function requireOpen(upload: UploadRecord): void {
  if (upload.state !== 'open') throw notOpen(upload);
}

export const notOpen = ({ id, state }: Pick<UploadRecord, 'id' | 'state'>): AppError =>
  new AppError(
    'upload.not_open',
    `The upload ${publicId('upload', id)} is ${state} and takes no parts. Begin another one.`,
  );
