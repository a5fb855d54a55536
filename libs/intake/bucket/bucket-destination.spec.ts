import { describe, expect, it } from 'vitest';
import { bucketDestination, bucketObject, objectUri } from './bucket-destination.js';

const place = (uri: string): string => objectUri(bucketDestination(uri, 'job_1-coco.zip'));

describe('the destination of a file', () => {
  it.each([
    ['s3://cats', 's3://cats/job_1-coco.zip'],
    ['s3://cats/', 's3://cats/job_1-coco.zip'],
    ['s3://cats/out', 's3://cats/out/job_1-coco.zip'],
    ['s3://cats/out/', 's3://cats/out/job_1-coco.zip'],
    ['s3://cats/out/.zip/', 's3://cats/out/.zip/job_1-coco.zip'],
    ['s3://cats/out/größe.zip', 's3://cats/out/größe.zip'],
    ['s3://cats/out.csv', 's3://cats/out.csv/job_1-coco.zip'],
  ])('%s is %s', (uri, object) => {
    expect(place(uri)).toBe(object);
    expect(objectUri(bucketObject(object))).toBe(object);
  });

  it.each([
    'https://cats/out',
    's3://',
    's3://Cats/out',
    's3://cats/*.zip',
    's3://cats/a?b',
    's3://cats//out',
    's3://cats/../out',
    's3://cats/a\n',
    's3://cats/\ud800',
    `s3://cats/${'ä'.repeat(500)}`,
  ])('%j is none', (uri) => {
    expect(() => place(uri)).toThrow(expect.objectContaining({ code: 'bucket.bad_uri' }));
  });
});
