import type { Problem } from '#contracts';

/** Routes that OpenAI's clients call: their errors are told in both ways. */
const OPENAI_ROUTES = /^\/v1\/(files|batches|chat\/completions|responses|models)(\/|\?|$)/;

export const speaksOpenAi = (url: string): boolean => OPENAI_ROUTES.test(url);

/** As OpenAI's clients read it. */
export function openAiError(problem: Problem): NonNullable<Problem['error']> {
  const pointer = problem.errors?.[0]?.pointer;
  return {
    message: problem.detail,
    type: typeOf(problem.status),
    param: pointer ? pointer.slice(1).replaceAll('/', '.') : null,
    code: problem.code,
  };
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  if (status === 429) return 'rate_limit_error';
  if (status === 401) return 'authentication_error';
  return status === 403 ? 'permission_error' : 'invalid_request_error';
}
