import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#contracts';
import { findPicture, Slots, type Picture } from '#intake';
import {
  completionId,
  readRequest,
  RefusedRequestError,
  writeChatCompletion,
  writeResponse,
  type Answered,
  type BatchEndpoint,
  type VisionRequest,
} from '#openai';
import { API_PARTS, type ApiParts } from '../parts.js';
import { PredictionService } from '../predictions/prediction.service.js';
import { RequestInvalidError } from '../problem/request-invalid.js';

/** Bodies being worked on at once; each may hold a picture. */
const MAX_RECEIVING = 32;
const WAIT_MS = 120_000;

/** One request of OpenAI's, answered while its client waits. */
@Injectable()
export class CompletionService {
  readonly #receiving = new Slots(MAX_RECEIVING);

  constructor(
    @Inject(API_PARTS) private readonly parts: ApiParts,
    private readonly predictions: PredictionService,
  ) {}

  async chat(tenantId: string, body: unknown, request: FastifyRequest) {
    return writeChatCompletion(await this.#answer('/v1/chat/completions', tenantId, body, request));
  }

  async respond(tenantId: string, body: unknown, request: FastifyRequest) {
    return writeResponse(await this.#answer('/v1/responses', tenantId, body, request));
  }

  /**
   * Errors: `request.invalid`; those of the picture; those of `createPrediction`; `completion.not_in_time`;
   * what the item failed with.
   */
  async #answer(
    endpoint: BatchEndpoint,
    tenantId: string,
    body: unknown,
    request: FastifyRequest,
  ): Promise<Answered> {
    const asked = read(endpoint, body);
    const file = { name: 'picture', ...(await this.#findPicture(tenantId, asked)) };
    const question = { tasks: [asked.task], model: asked.model };
    const waiting = { waitMs: WAIT_MS, request };
    const { job, item } = await this.predictions.ask(tenantId, file, question, waiting);
    if (item === undefined) {
      throw new AppError(
        'completion.not_in_time',
        'There is no answer yet, for the workers are busy or away. Try again, or send a batch.',
        { retryable: true },
      );
    }
    const [answer] = item.answers;
    if (item.error !== null || answer === undefined) {
      throw new AppError(item.error?.code ?? 'server.failed', item.error?.detail ?? item.state);
    }
    const id = completionId(endpoint === '/v1/responses' ? 'resp' : 'chatcmpl', job.id, item.n);
    return { id, model: job.model, answer, finishedAt: item.finishedAt };
  }

  async #findPicture(tenantId: string, { image }: VisionRequest): Promise<Picture> {
    const leave = this.#receiving.enterNow();
    try {
      const { database, store, config } = this.parts;
      const { quota, limits } = config;
      const { imageBytes } = limits;
      const tools = { database, store, imageBytes, quota, signal: new AbortController().signal };
      const picture = await findPicture(tools, tenantId, image);
      if (!('refused' in picture)) return picture;
      throw new AppError(picture.refused.code, picture.refused.detail);
    } finally {
      leave();
    }
  }
}

function read(endpoint: BatchEndpoint, body: unknown): VisionRequest {
  try {
    return readRequest(endpoint, body);
  } catch (error) {
    if (!(error instanceof RefusedRequestError)) throw error;
    const pointer = error.param === null ? '' : `/${error.param.replaceAll('.', '/')}`;
    throw new RequestInvalidError([{ pointer, detail: error.message, code: error.code }]);
  }
}
