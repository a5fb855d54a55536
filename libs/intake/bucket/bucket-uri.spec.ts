import { describe, expect, it } from 'vitest';
import { parseBucketUri } from './bucket-uri.js';

describe('the objects of a bucket', () => {
  it.each([
    ['s3://photos', '', ['a.jpg', 'a/b.png'], ['a/']],
    ['s3://photos/2024/', '2024/', ['2024/a.jpg', '2024/x/a.jpg'], ['2024/']],
    ['s3://photos/*.jpg', '', ['a.jpg', '.jpg'], ['a/b.jpg', 'a.jpg.png']],
    ['s3://photos/a/**/*.jpg', 'a/', ['a/b.jpg', 'a/b/c/d.jpg'], ['a/b.png', 'ab.jpg']],
    ['s3://photos/a/?/**', 'a/', ['a/b/c', 'a/b/c/d'], ['a/bb/c']],
    ['s3://photos/**/x/*', '', ['x/a', 'b/x/a', 'x/x/a'], ['x/a/b', 'a']],
    ['s3://photos/a+(b)/*', 'a+(b)/', ['a+(b)/c'], ['aab/c']],
  ])('of %s', (uri, prefix, yes, no) => {
    const place = parseBucketUri(uri);
    expect(place).toMatchObject({ bucket: 'photos', prefix });
    expect(yes.filter((key) => !place.matches(key))).toEqual([]);
    expect(no.filter((key) => place.matches(key))).toEqual([]);
  });

  it('of what names no bucket are none', () => {
    for (const uri of [
      '',
      'photos',
      'https://photos/',
      's3://',
      's3://A/b',
      's3://a b/c',
      's3://x/',
    ]) {
      expect(() => parseBucketUri(uri)).toThrow(
        expect.objectContaining({ code: 'bucket.bad_uri' }),
      );
    }
  });

  it('are told in time from any key, whatever the pattern', () => {
    const { matches } = parseBucketUri(`s3://photos/${'**/a*'.repeat(100)}/x`);
    const started = performance.now();
    expect(matches('a/'.repeat(500) + 'y')).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
