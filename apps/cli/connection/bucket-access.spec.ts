import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '#testing';
import { bucketAccess } from './bucket-access.js';

let HOME: string;
beforeAll(async () => {
  HOME = await makeTemporaryDirectory();
  await mkdir(join(HOME, '.aws'));
  await writeFile(
    join(HOME, '.aws', 'credentials'),
    '[default]\naws_access_key_id = D\naws_secret_access_key=d\n# no\n[ work ]\r\naws_access_key_id=W\r\naws_secret_access_key = w=/+\r\naws_session_token=t\r\n',
  );
  await writeFile(
    join(HOME, '.aws', 'config'),
    '[default]\nregion = eu-west-1\n[profile work]\nregion=eu-central-1\nendpoint_url = http://minio:9000\ns3 =\n  region = no\n[profile login]\nsso_session = x\n',
  );
});
afterAll(() => removeDirectory(HOME));

const own = { AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 'e' };

describe('the keys of a bucket', () => {
  it('are those of the environment, else of a profile', async () => {
    expect(await bucketAccess({}, { HOME, ...own, AWS_SESSION_TOKEN: 's' })).toMatchObject({
      access_key_id: 'E',
      secret_access_key: 'e',
      session_token: 's',
    });
    expect(await bucketAccess({}, { HOME })).toEqual({
      access_key_id: 'D',
      secret_access_key: 'd',
      region: 'eu-west-1',
    });
    const work = {
      access_key_id: 'W',
      secret_access_key: 'w=/+',
      session_token: 't',
      region: 'eu-central-1',
      endpoint: 'http://minio:9000',
    };
    expect(await bucketAccess({}, { HOME, AWS_PROFILE: 'work' })).toEqual(work);
    // What is asked for by name goes before what happens to be set.
    expect(await bucketAccess({ profile: 'work' }, { HOME, ...own })).toEqual(work);
  });

  it('come with the region and endpoint of flags first, then of the environment', async () => {
    const env = { HOME, AWS_PROFILE: 'work', AWS_REGION: 'r', AWS_ENDPOINT_URL: 'http://e' };
    expect(await bucketAccess({}, env)).toMatchObject({ region: 'r', endpoint: 'http://e' });
    const flags = { region: 'f', endpoint: 'http://f' };
    expect(await bucketAccess(flags, env)).toMatchObject(flags);
  });

  it('of a login are not there, and it says how to get them', async () => {
    await expect(bucketAccess({ profile: 'login' }, { HOME, ...own })).rejects.toThrow(
      /export-credentials --profile login/,
    );
    await expect(bucketAccess({}, { HOME: '/nowhere' })).rejects.toThrow(/AWS_ACCESS_KEY_ID/);
  });
});
