import { AppError } from '#contracts';

const S3_URI = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.{0,1024}))?$/s;
const WILD = /[*?]/;

/** Which objects of a bucket: all their keys begin with `prefix`. */
export interface BucketPlace {
  readonly bucket: string;
  readonly prefix: string;
  /** Whether a key is meant; one that ends in a slash is a folder of some tools, and never is. */
  readonly matches: (key: string) => boolean;
}

/**
 * Reads patterns of keys: a step of two stars is any folders or none, one star and `?`
 * stay within a step. Without a wildcard, all that begins with it. Errors: `bucket.bad_uri`.
 */
export function parseBucketUri(uri: string): BucketPlace {
  const [, bucket, path = ''] = S3_URI.exec(uri) ?? [];
  if (bucket === undefined) {
    const examples = 's3://bucket/prefix/ or s3://bucket/photos/**/*.jpg';
    throw new AppError('bucket.bad_uri', `Name the objects of a bucket as ${examples}.`);
  }
  const isWild = WILD.test(path);
  const prefix = isWild ? path.slice(0, path.search(WILD)) : path;
  const steps = path.split('/');
  const matches = (key: string): boolean =>
    !key.endsWith('/') && (!isWild || matchSteps(steps, key.split('/')));
  return { bucket, prefix, matches };
}

/** Reads the URI of one object. Errors: `bucket.bad_uri`. */
export function parseObjectUri(uri: string): { readonly bucket: string; readonly key: string } {
  const { bucket, prefix: key, matches } = parseBucketUri(uri);
  if (key !== '' && matches(key) && uri.endsWith(`/${key}`)) return { bucket, key };
  throw new AppError('bucket.bad_uri', 'Name one object, as in s3://bucket/lists/all.jsonl.');
}

const matchSteps = (pattern: readonly string[], steps: readonly string[]): boolean =>
  matchAll(pattern, steps, '**', matchStep);

const matchStep = (pattern: string, step: string): boolean =>
  matchAll([...pattern], [...step], '*', (one, other) => one === '?' || one === other);

/**
 * Whether a pattern fits, where `star` stands for any number of parts. Only the last star is ever tried again,
 * so that no pattern takes more than its length times that of the text: a regular expression would.
 */
function matchAll(
  pattern: readonly string[],
  text: readonly string[],
  star: string,
  fits: (pattern: string, part: string) => boolean,
): boolean {
  let at = 0;
  let again: { pattern: number; text: number } | undefined;
  for (let n = 0; n < text.length;) {
    const part = pattern[at];
    if (part === star) {
      again = { pattern: at + 1, text: n };
      at += 1;
    } else if (part !== undefined && fits(part, text[n] ?? '')) {
      at += 1;
      n += 1;
    } else if (again !== undefined) {
      again = { ...again, text: again.text + 1 };
      at = again.pattern;
      n = again.text;
    } else return false;
  }
  return pattern.slice(at).every((part) => part === star);
}
