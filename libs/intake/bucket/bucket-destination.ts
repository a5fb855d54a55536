import { AppError } from '#contracts';

const OBJECT = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s;
/** S3 allows 1,024; a manifest of the same name with an ending of its own must fit too. */
const LONGEST_KEY_BYTES = 1000;
/** Wildcards mean something where objects are read; control characters make no name that a tool can show. */
// eslint-disable-next-line no-control-regex
const UNUSABLE = /[*?\u0000-\u001f\u007f]/;

export interface BucketObject {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Where a file goes: `uri` names the object when it ends as the file does (`.zip`), else a folder for it.
 * Input: the file's own name, with its ending. Errors: `bucket.bad_uri`.
 */
export function bucketDestination(uri: string, fileName: string): BucketObject {
  const [, bucket, path = ''] = OBJECT.exec(uri) ?? [];
  if (bucket === undefined) throw badUri();
  const ending = fileName.slice(fileName.lastIndexOf('.'));
  const isObject = path.endsWith(ending) && !path.endsWith(`/${ending}`) && path !== ending;
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
  const key = isObject ? path : `${folder}${fileName}`;
  const isUsable =
    !UNUSABLE.test(key) && key.isWellFormed() && Buffer.byteLength(key) <= LONGEST_KEY_BYTES;
  // An empty step or one of dots is a name on S3 and none for most of what reads it.
  if (!isUsable || key.split('/').some((step) => /^\.{0,2}$/.test(step))) throw badUri();
  return { bucket, key };
}

/** Input: what `bucketDestination` gave, as `s3://bucket/key`. */
export function bucketObject(uri: string): BucketObject {
  const [, bucket, key] = OBJECT.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) throw badUri();
  return { bucket, key };
}

export const objectUri = ({ bucket, key }: BucketObject): string => `s3://${bucket}/${key}`;

const badUri = (): AppError =>
  new AppError(
    'bucket.bad_uri',
    'Name a folder of a bucket as s3://bucket/folder/, or the object by the ending of its format.',
  );
