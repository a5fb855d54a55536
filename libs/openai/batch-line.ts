import { z } from 'zod';
import type { BatchEndpoint } from './endpoint.js';
import { readRequest, RefusedRequestError, type VisionRequest } from './request.js';

/** One line of a batch's input. */
export type BatchLine =
  /** No request at all: the whole batch fails, and names the line. */
  | {
      readonly kind: 'fault';
      readonly code: string;
      readonly message: string;
      readonly param?: string;
    }
  /** A request that cannot be answered: it alone fails. */
  | {
      readonly kind: 'refused';
      readonly customId: string;
      readonly model: string | undefined;
      readonly refusal: RefusedRequestError;
    }
  | { readonly kind: 'request'; readonly customId: string; readonly request: VisionRequest };

const MOST_ID_LENGTH = 512;

const lineSchema = z.looseObject({
  custom_id: z.string().min(1).max(MOST_ID_LENGTH),
  method: z.literal('POST'),
  url: z.string(),
  body: z.looseObject({}),
});

/** Input: a line without its end. Output: what it asks. */
export function readBatchLine(text: string, endpoint: BatchEndpoint): BatchLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fault('invalid_json_line', 'This line is not valid JSON.');
  }
  const line = lineSchema.safeParse(json);
  if (!line.success) {
    const param = line.error.issues[0]?.path.join('.') ?? '';
    const message = param
      ? `\`${param}\` is missing or not valid: ${line.error.issues[0]?.message}.`
      : 'This line is no request.';
    return fault('invalid_request', message, param);
  }
  const { custom_id: customId, url, body } = line.data;
  if (url !== endpoint) {
    return fault('mismatched_endpoint', `The url must be ${endpoint}, as in the batch.`, 'url');
  }
  try {
    return { kind: 'request', customId, request: readRequest(endpoint, body) };
  } catch (error) {
    if (!(error instanceof RefusedRequestError)) throw error;
    const model = typeof body['model'] === 'string' ? body['model'] : undefined;
    return { kind: 'refused', customId, model, refusal: error };
  }
}

const fault = (code: string, message: string, param?: string): BatchLine => ({
  kind: 'fault',
  code,
  message,
  ...(param && { param }),
});
