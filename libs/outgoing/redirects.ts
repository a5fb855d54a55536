import { AppError } from '#contracts';
import type { OutgoingGuard } from './guard.js';
import { openOutgoing, type StreamRequest, type OutgoingStream } from './send.js';

const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Gets what is at a URL, through redirects; every one of them is a request of its own, which `guard` checks
 * like the first. `totalMs` holds for each. Errors: those of `openOutgoing`; `outgoing.too_many_redirects`.
 */
export async function getOutgoing(
  guard: OutgoingGuard,
  request: Omit<StreamRequest, 'method' | 'body'>,
): Promise<OutgoingStream> {
  let { url } = request;
  for (let count = 0; count <= MOST_REDIRECTS; count++) {
    const answer = await openOutgoing(guard, { ...request, method: 'GET', url });
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
    answer.close();
    if (!URL.canParse(location, url)) {
      throw new AppError('outgoing.bad_url', 'A redirect leads to what is no URL.');
    }
    url = new URL(location, url).href;
  }
  throw new AppError(
    'outgoing.too_many_redirects',
    `It redirects more than ${MOST_REDIRECTS} times.`,
  );
}
