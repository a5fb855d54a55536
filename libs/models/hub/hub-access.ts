import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '#contracts';

/** Where the Hub is, and as whom to ask it. */
export interface HubAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token?: string;
}

const HUB = 'https://huggingface.co';

/**
 * Given values before the environment (HF_ENDPOINT, HF_TOKEN), and that before the token file that `hf auth login`
 * writes. Source: huggingface_hub/constants.py and utils/_auth.py, whose names and order these are.
 * Errors: `hub.bad_address`.
 */
export async function findHubAccess(
  given: { readonly url?: string; readonly token?: string },
  env: NodeJS.ProcessEnv,
): Promise<HubAccess> {
  const url = (given.url ?? (env['HF_ENDPOINT'] || HUB)).replace(/\/+$/, '');
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new AppError('hub.bad_address', `"${url}" is no http(s) address of a Hub.`);
  }
  const token =
    given.token ?? (env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'] || (await storedToken(env)));
  const trimmed = token?.trim();
  if (!trimmed) return { url };
  mustBeSafe(new URL(url));
  return { url, token: trimmed };
}

async function storedToken(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const home = env['HOME'] || homedir();
  const caches = env['XDG_CACHE_HOME'] || join(home, '.cache');
  const folder = env['HF_HOME'] || join(caches, 'huggingface');
  const file = env['HF_TOKEN_PATH'] || join(folder, 'token');
  return readFile(file, 'utf8').catch(() => undefined);
}

/** A token in plain text may be read by everybody on the way. */
function mustBeSafe({ protocol, hostname, href }: URL): void {
  if (protocol === 'https:' || /^(127\.|localhost$|\[::1\]$)/.test(hostname)) return;
  throw new AppError(
    'hub.bad_address',
    `${href} has no https, so your token is not sent there. Use https, or unset HF_TOKEN.`,
  );
}
