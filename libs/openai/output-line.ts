import { completionId, writeChatCompletion, writeResponse, type Answered } from './completion.js';
import type { BatchEndpoint } from './endpoint.js';

/** A request of a batch: the job or batch that it belongs to, a UUID, its number there, and its client's id. */
export interface LineOf {
  readonly owner: string;
  readonly n: number;
  readonly customId: string;
}

export function writeSucceededLine(
  line: LineOf,
  endpoint: BatchEndpoint,
  answered: Omit<Answered, 'id'>,
): string {
  const kind = endpoint === '/v1/responses' ? 'resp' : 'chatcmpl';
  const whole = { ...answered, id: completionId(kind, line.owner, line.n) };
  const body = kind === 'resp' ? writeResponse(whole) : writeChatCompletion(whole);
  return write(line, { status_code: 200, request_id: requestId(line), body }, null);
}

/** The request itself was at fault: as the route would have answered it. */
export function writeRefusedLine(
  line: LineOf,
  error: { readonly code: string; readonly message: string; readonly param?: string | null },
): string {
  return writeError(line, 400, { type: 'invalid_request_error', param: null, ...error });
}

/** The request was tried: its picture could not be read, or the engine failed at it. */
export function writeFailedLine(
  line: LineOf,
  error: { readonly code: string; readonly detail: string },
): string {
  const isOurs = /^(engine|storage)\./.test(error.code);
  const type = isOurs ? 'server_error' : 'invalid_request_error';
  const told = { message: error.detail, type, param: null, code: error.code };
  return writeError(line, isOurs ? 500 : 400, told);
}

/** The request was not tried, for the batch was cancelled or its time was over. */
export function writeUndoneLine(line: LineOf, reason: 'cancelled' | 'expired'): string {
  const message =
    reason === 'expired'
      ? 'This request could not be executed before the completion window expired.'
      : 'This request was not executed, for the batch was cancelled.';
  return write(line, null, { code: `batch_${reason}`, message });
}

const writeError = (line: LineOf, status_code: number, error: object): string =>
  write(line, { status_code, request_id: requestId(line), body: { error } }, null);

const requestId = ({ owner, n }: LineOf): string => `req_${owner.replaceAll('-', '')}_${n}`;

function write(line: LineOf, response: object | null, error: object | null): string {
  const id = completionId('batch_req', line.owner, line.n);
  return `${JSON.stringify({ id, custom_id: line.customId, response, error })}\n`;
}
