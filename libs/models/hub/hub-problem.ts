import { AppError } from '#contracts';
import type { HubAccess } from './hub-access.js';
import type { HubRepository } from './hub-repository.js';

export interface ProblemInput {
  readonly response: Response;
  readonly access: HubAccess;
  readonly repository: HubRepository;
  /** False when a server that the Hub referred to said it: it knows no accounts, only links that expire. */
  readonly isFromHub: boolean;
}

/**
 * What an answer of the Hub that is none means to the user. The Hub says more in `X-Error-Code` than in its status: a
 * repository that does not exist is a 401 to those without a token, so that private ones cannot be found by asking.
 * Source: huggingface_hub/utils/_http.py, `hf_raise_for_status`.
 */
export async function hubProblem(input: ProblemInput): Promise<AppError> {
  const { response, access, repository, isFromHub } = input;
  // Read to the end: else the connection stays open.
  const said = await explanation(response);
  const { status } = response;
  if (!isFromHub) return failed(status, said, response, status !== 404);
  const kind = response.headers.get('x-error-code');
  const { name, revision } = repository;
  if (kind === 'GatedRepo') return gated(access, repository);
  if (kind === 'RevisionNotFound') {
    return new AppError(
      'hub.revision_not_found',
      `${name} has no branch, tag or commit "${revision}". ${access.url}/${name}/tree/main shows which there are.`,
    );
  }
  if (kind === 'RepoNotFound' || (status === 404 && kind !== 'EntryNotFound')) {
    return new AppError(
      'hub.repository_not_found',
      `${access.url} knows no model ${name}${access.token ? ', or your token may not see it' : ''}. Check the spelling${access.token ? '' : `; if it is private, give a token. ${HOW_TO_GIVE}`}`,
    );
  }
  if (status === 401 || status === 403) return refused(said);
  return failed(status, said, response, status === 408 || status === 429 || status >= 500);
}

const HOW_TO_GIVE =
  'A token is read from --token, HF_TOKEN, or the file that `hf auth login` writes.';

function gated({ url, token }: HubAccess, { name }: HubRepository): AppError {
  const first = `Accept its licence at ${url}/${name}, signed in`;
  const next = token
    ? `${first} with the account of your token, and see that the token may read gated repositories.`
    : `${first}, make a token at ${url}/settings/tokens and try again with it. ${HOW_TO_GIVE}`;
  return new AppError('hub.gated', `${name} is gated. ${next}`);
}

const refused = (said: string): AppError =>
  new AppError('hub.token_refused', `The Hub refuses the token: ${said}. ${HOW_TO_GIVE}`);

function failed(status: number, said: string, response: Response, retryable: boolean): AppError {
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const { host } = new URL(response.url);
  return new AppError(
    'hub.failed',
    `${host} answered ${status}: ${said}. Try again later; what was downloaded stays.`,
    { retryable, context: { status, ...(after >= 0 ? { retryAfterSeconds: after } : {}) } },
  );
}

async function explanation(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  const given = response.headers.get('x-error-message') ?? errorField(text);
  return (given ?? (response.statusText || 'no reason given')).slice(0, 300).replace(/\.$/, '');
}

function errorField(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const isGiven = typeof body === 'object' && body !== null && 'error' in body;
    return isGiven && typeof body.error === 'string' ? body.error : undefined;
  } catch {
    return undefined;
  }
}
