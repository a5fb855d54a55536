import { z } from 'zod';
import type { Task } from '#contracts';
import type { BatchEndpoint } from './endpoint.js';
import { fileReference, parseImageReference, type ImageReference } from './image-reference.js';
import { taskOfText } from './task-of-text.js';

/** What a request asks: one question about one picture. */
export interface VisionRequest {
  readonly model: string;
  readonly task: Task;
  readonly image: ImageReference;
}

/** The request cannot be answered as it is; the others of its batch can. */
export class RefusedRequestError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly param: string | null = null,
  ) {
    super(message);
  }
}

/** More than a task may have is cut to that: it is a bound, and the answer says when it was met. */
const MOST_TOKENS = 1_024;

const tokens = z.number().int().min(1).nullish();
const shared = {
  model: z.string().min(1).max(128),
  n: z.number().nullish(),
  stream: z.boolean().nullish(),
};
const chatSchema = z.looseObject({
  ...shared,
  max_tokens: tokens,
  max_completion_tokens: tokens,
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1),
});
const responsesSchema = z.looseObject({
  ...shared,
  max_output_tokens: tokens,
  instructions: z.string().nullish(),
  input: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1),
});

/** Errors: `RefusedRequestError`. */
export function readRequest(endpoint: BatchEndpoint, body: unknown): VisionRequest {
  return endpoint === '/v1/responses' ? readResponsesBody(body) : readChatBody(body);
}

function readChatBody(body: unknown): VisionRequest {
  const request = parse(chatSchema, body);
  const most = request.max_completion_tokens ?? request.max_tokens;
  const message = onlyUserMessage(request.messages, 'messages');
  return question(request, message.content, most, 'messages.0.content');
}

function readResponsesBody(body: unknown): VisionRequest {
  const request = parse(responsesSchema, body);
  if (request.instructions) {
    throw unsupported('instructions', 'Leave out `instructions`: PaliGemma reads one prompt only.');
  }
  const message = onlyUserMessage(request.input, 'input');
  return question(request, message.content, request.max_output_tokens, 'input.0.content');
}

function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') ?? '';
  throw new RefusedRequestError(
    'invalid_value',
    `The request is not valid at \`${param}\`: ${issue?.message ?? 'it is no request'}.`,
    param || null,
  );
}

function onlyUserMessage<T extends { role: string }>(messages: readonly T[], param: string): T {
  const [message] = messages;
  if (messages.length === 1 && message?.role === 'user') return message;
  throw unsupported(
    param,
    'Send one message of the role `user`: PaliGemma reads one prompt, no conversation.',
  );
}

const partSchema = z.union([
  z.looseObject({ type: z.enum(['text', 'input_text']), text: z.string() }),
  z.looseObject({
    type: z.enum(['image_url', 'input_image']),
    image_url: z.union([z.string(), z.looseObject({ url: z.string() })]).nullish(),
    file_id: z.string().nullish(),
  }),
]);
type Part = z.infer<typeof partSchema>;

function question(
  request: { model: string; n?: number | null; stream?: boolean | null },
  content: unknown,
  most: number | null | undefined,
  param: string,
): VisionRequest {
  if ((request.n ?? 1) !== 1) throw unsupported('n', 'There is one answer to a request: n is 1.');
  if (request.stream) throw unsupported('stream', 'Answers are not streamed: leave out `stream`.');
  const parts = z.array(partSchema).max(64).safeParse(content);
  if (!parts.success) {
    throw new RefusedRequestError(
      'invalid_value',
      'The message must have a text and one `image_url` as parts of its content.',
      param,
    );
  }
  const texts = parts.data.flatMap((part) => ('text' in part ? [part.text] : []));
  const images = parts.data.filter((part) => !('text' in part));
  if (images.length !== 1) {
    throw new RefusedRequestError(
      'invalid_value',
      `The message has ${images.length} pictures; it must have one.`,
      param,
    );
  }
  const limit = typeof most === 'number' ? Math.min(most, MOST_TOKENS) : undefined;
  const task = taskOfText(texts.join('\n') as string, limit);
  if (task === undefined) {
    throw new RefusedRequestError(
      'invalid_value',
      'The text of the message is the prompt: 1 to 2,000 characters.',
      param,
    );
  }
  return { model: request.model, task, image: imageOf(images[0]!, param) };
}

function imageOf(part: Part, param: string): ImageReference {
  const { image_url: named, file_id: fileId } = part as {
    image_url?: string | { url: string } | null;
    file_id?: string | null;
  };
  const url = typeof named === 'string' ? named : named?.url;
  const image = url === undefined ? fileReference(fileId ?? '') : parseImageReference(url);
  if (image !== undefined) return image;
  throw new RefusedRequestError(
    'invalid_image_url',
    'The picture must be a base64 data: URL, an http(s): URL, pallet://sha256/HEX or pallet://files/ID.',
    param,
  );
}

const unsupported = (param: string, message: string): RefusedRequestError =>
  new RefusedRequestError('unsupported_value', message, param);
