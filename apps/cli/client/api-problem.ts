import { AppError, problemSchema, type Problem } from '#contracts';

const RETRYABLE = new Set([429, 502, 503, 504]);

/**
 * Thrown when the API answered with an error. `problem` is its RFC 9457 body, unchanged. It is retryable where the
 * API says when to come back, and where a proxy stands between that does not.
 */
export class ApiProblem extends AppError {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code, problem.detail, {
      retryable: problem.retry_after !== undefined || RETRYABLE.has(problem.status),
      context: { status: problem.status, request_id: problem.request_id },
    });
    this.problem = problem;
  }
}

/** Reads the body of an error answer; one that is no problem (a proxy's page) becomes `http.<status>`. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const text = await response.text().catch(() => '');
  const parsed = problemSchema.safeParse(parseJson(text));
  if (parsed.success) return new ApiProblem(parsed.data);
  return new ApiProblem({
    type: 'about:blank',
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    detail: `${response.url} answered ${response.status} ${response.statusText} without saying why; is it a Pallet API?`,
    code: `http.${response.status}`,
    request_id: response.headers.get('x-request-id') ?? '',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
