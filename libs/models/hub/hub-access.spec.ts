import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHubAccess } from './hub-access.js';
import { parseRepository } from './hub-repository.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-home-'));
});
afterEach(() => rm(home, { recursive: true }));

describe('findHubAccess', () => {
  it('asks huggingface.co without a token when nothing is given', async () => {
    expect(await findHubAccess({}, { HOME: home })).toEqual({ url: 'https://huggingface.co' });
  });

  it('prefers what is given to the environment, and that to the file of the login', async () => {
    const env: NodeJS.ProcessEnv = { HOME: home };
    await mkdir(join(home, '.cache', 'huggingface'), { recursive: true });
    await writeFile(join(home, '.cache', 'huggingface', 'token'), 'hf_file\n');
    expect((await findHubAccess({}, env)).token).toBe('hf_file');
    env['HF_TOKEN'] = 'hf_env';
    env['HF_ENDPOINT'] = 'https://mirror.example/hub/';
    expect(await findHubAccess({}, env)).toEqual({
      url: 'https://mirror.example/hub',
      token: 'hf_env',
    });
    const given = { url: 'https://other.example', token: 'hf_given' };
    expect(await findHubAccess(given, env)).toEqual(given);
  });

  it('finds the token where HF_HOME and HF_TOKEN_PATH say', async () => {
    await writeFile(join(home, 'token'), 'hf_home');
    await writeFile(join(home, 'elsewhere'), 'hf_elsewhere');
    expect((await findHubAccess({}, { HF_HOME: home })).token).toBe('hf_home');
    const path = { HF_HOME: home, HF_TOKEN_PATH: join(home, 'elsewhere') };
    expect((await findHubAccess({}, path)).token).toBe('hf_elsewhere');
  });

  it('sends no token in plain text but on this machine', async () => {
    const ask = (url: string): Promise<unknown> => findHubAccess({ url, token: 'hf_x' }, {});
    await expect(ask('http://hub.example')).rejects.toMatchObject({ code: 'hub.bad_address' });
    await expect(ask('http://127.0.0.1:1')).resolves.toMatchObject({ token: 'hf_x' });
    await expect(ask('hub.example')).rejects.toMatchObject({ code: 'hub.bad_address' });
  });
});

describe('parseRepository', () => {
  it('reads a name, with and without a revision', () => {
    expect(parseRepository('google/a-b.c_1')).toEqual({ name: 'google/a-b.c_1', revision: 'main' });
    expect(parseRepository('a/b@refs/pr/1')).toEqual({ name: 'a/b', revision: 'refs/pr/1' });
  });

  it.each(['', 'google', 'a/b/c', '../b', 'a/..', 'a/b@', 'a b/c', 'https://huggingface.co/a/b'])(
    'refuses %j',
    (text) => expect(() => parseRepository(text)).toThrow(/OWNER\/NAME/),
  );
});
