import { z } from 'zod';
import {
  AppError,
  fineTuningEventPageSchema,
  fineTuningPageSchema,
  fineTuningSchema,
  type createFineTuningSchema,
  type createJobSchema,
  imageSetSchema,
  correctionPageSchema,
  jobLatencySchema,
  jobLogPageSchema,
  jobPageSchema,
  jobPreviewSchema,
  jobSchema,
  knownImagesSchema,
  modelPageSchema,
  movedJobsSchema,
  retriedJobsSchema,
  resultPageSchema,
  fileSchema,
  uploadReportSchema,
  usageSchema,
  type extendJobSchema,
  type restartJobSchema,
  type retryJobSchema,
  type retryJobsSchema,
  type Correction,
  type CreateImageSet,
  type ExportFormatName,
  type FineTuning,
  type FineTuningEvent,
  type FineTuningState,
  type ImageSet,
  type ItemResult,
  type ItemState,
  type Job,
  type JobLatency,
  type JobLogEntry,
  type KnownImages,
  type KnownImagesRequest,
  type JobFilterText,
  type JobPreview,
  type previewJobSchema,
  type MovedJobs,
  type RetriedJobs,
  type moveJobsSchema,
  type Model,
  type ResultPage,
  type StoredFile,
  type UploadReport,
  type Usage,
} from '#contracts';
import { ApiCalls, get, post, type CallOptions, type ListOptions } from './api-calls.js';
import { openDownload, type ExportDownload } from './export-download.js';
import type { TransportOptions } from './transport.js';

/** What a client writes; the server fills the defaults in. */
export type NewJob = z.input<typeof createJobSchema>;
export type NewPreview = z.input<typeof previewJobSchema>;
export type NewMove = z.input<typeof moveJobsSchema>;
export type NewRestart = z.input<typeof restartJobSchema>;
export type NewExtension = z.input<typeof extendJobSchema>;
export type NewRetries = z.input<typeof retryJobsSchema>;
export type NewRetry = z.input<typeof retryJobSchema>;
export type JobMove = 'cancel' | 'pause' | 'resume';
export type NewFineTuning = z.input<typeof createFineTuningSchema>;

/** Which results; everything given must hold. */
export interface ResultFilterText {
  readonly state?: ItemState;
  /** A custom id or file name. */
  readonly image?: string;
  /** How one of them begins. */
  readonly image_prefix?: string;
}

/** The public HTTP API, typed. Every answer is checked against the contract before it is believed. */
export class PalletClient {
  readonly url: string;
  readonly #api: ApiCalls;

  constructor(options: TransportOptions) {
    this.#api = new ApiCalls(options);
    this.url = this.#api.url;
  }

  createImageSet(body: CreateImageSet, options: CallOptions = {}): Promise<ImageSet> {
    return this.#api.call(imageSetSchema, post('/v1/image-sets', { json: body, ...options }));
  }

  /** Safe to repeat: a file that the set already has is reported as a duplicate and adds nothing. */
  uploadImages(setId: string, form: FormData, options: CallOptions = {}): Promise<UploadReport> {
    const path = `/v1/image-sets/${encodeURIComponent(setId)}/images`;
    return this.#api.call(
      uploadReportSchema,
      post(path, { form, isRepeatable: true, signal: options.signal }),
    );
  }

  /** Adds the images that were sent before, without their bytes; safe to repeat. */
  addKnownImages(
    setId: string,
    json: KnownImagesRequest,
    options: CallOptions = {},
  ): Promise<KnownImages> {
    const path = `/v1/image-sets/${encodeURIComponent(setId)}/images/known`;
    const rest = { json, isRepeatable: true, signal: options.signal };
    return this.#api.call(knownImagesSchema, post(path, rest));
  }

  async deleteImageSet(setId: string, { signal }: CallOptions = {}): Promise<void> {
    const path = `/v1/image-sets/${encodeURIComponent(setId)}`;
    await this.#api.send({ method: 'DELETE', path, signal });
  }

  sealImageSet(setId: string, options: CallOptions = {}): Promise<ImageSet> {
    const path = `/v1/image-sets/${encodeURIComponent(setId)}/seal`;
    return this.#api.call(
      imageSetSchema,
      post(path, { isRepeatable: true, signal: options.signal }),
    );
  }

  createJob(body: NewJob, options: CallOptions = {}): Promise<Job> {
    return this.#api.call(jobSchema, post('/v1/jobs', { json: body, ...options }));
  }

  /** Runs a few images of it and estimates the whole; no job is created. */
  previewJob(
    body: NewPreview,
    { signal, waitSeconds }: CallOptions & { waitSeconds?: number } = {},
  ): Promise<JobPreview> {
    const request = { json: body, isRepeatable: true, signal, waitSeconds };
    return this.#api.call(jobPreviewSchema, post('/v1/jobs/preview', request));
  }

  getJob(jobId: string, options: CallOptions = {}): Promise<Job> {
    return this.#api.call(jobSchema, get(`/v1/jobs/${encodeURIComponent(jobId)}`, options));
  }

  /** Doing it twice is doing it once. */
  moveJob(jobId: string, move: JobMove, options: CallOptions = {}): Promise<Job> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/${move}`;
    return this.#api.call(jobSchema, post(path, { isRepeatable: true, signal: options.signal }));
  }

  /** Puts an ended job to work again; the same key does it once. */
  retryJob(jobId: string, json: NewRetry, options: CallOptions = {}): Promise<Job> {
    return this.#again(jobId, 'retry', json, options);
  }

  /** Asks an ended job's images more; the same key does it once. */
  extendJob(jobId: string, json: NewExtension, options: CallOptions = {}): Promise<Job> {
    return this.#again(jobId, 'extend', json, options);
  }

  /** A new job over the same set. */
  restartJob(jobId: string, json: NewRestart, options: CallOptions = {}): Promise<Job> {
    return this.#again(jobId, 'restart', json, options);
  }

  #again(jobId: string, how: string, json: unknown, options: CallOptions): Promise<Job> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/${how}`;
    return this.#api.call(jobSchema, post(path, { json, ...options }));
  }

  /** Up to `limit` of the jobs that a filter names. */
  moveJobs(move: JobMove, json: NewMove, options: CallOptions = {}): Promise<MovedJobs> {
    const rest = { json, isRepeatable: true, signal: options.signal };
    return this.#api.call(movedJobsSchema, post(`/v1/jobs/${move}`, rest));
  }

  /** Up to `limit` ended jobs that a filter names; sent again after an error it meets those that are not at work. */
  retryJobs(json: NewRetries, options: CallOptions = {}): Promise<RetriedJobs> {
    const rest = { json, isRepeatable: true, signal: options.signal };
    return this.#api.call(retriedJobsSchema, post('/v1/jobs/retry', rest));
  }

  /** Newest first, over all pages. */
  listJobs({
    filter = {},
    ...options
  }: { filter?: JobFilterText } & ListOptions): AsyncGenerator<Job> {
    return this.#api.entries(jobPageSchema, '/v1/jobs', { ...filter }, options);
  }

  /** What happened to a job, oldest first. */
  jobLog(
    jobId: string,
    { level, ...options }: { level?: JobLogEntry['level'] } & CallOptions = {},
  ): AsyncGenerator<JobLogEntry> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/log`;
    return this.#api.entries(jobLogPageSchema, path, { level }, options);
  }

  jobLatency(jobId: string, options: CallOptions = {}): Promise<JobLatency> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/latency`;
    return this.#api.call(jobLatencySchema, get(path, options));
  }

  /** What people said the answers of a job should have been, by item. */
  corrections(jobId: string, options: CallOptions = {}): AsyncGenerator<Correction> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/corrections`;
    return this.#api.entries(correctionPageSchema, path, {}, options);
  }

  /** The ended items of a job in the order of their numbers, a page at a time; works while it runs. */
  resultPages(
    jobId: string,
    query: ResultFilterText & CallOptions = {},
  ): AsyncGenerator<ResultPage> {
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/results`;
    const { signal, ...filter } = query;
    return this.#api.pages(resultPageSchema, path, filter, { signal });
  }

  async *results(
    jobId: string,
    query: ResultFilterText & CallOptions = {},
  ): AsyncGenerator<ItemResult> {
    for await (const page of this.resultPages(jobId, query)) yield* page.data;
  }

  /** The results in a format, read as they come. Errors while reading: `cli.download_broken`. */
  async exportJob(
    jobId: string,
    query: { format: ExportFormatName; partial?: boolean } & CallOptions,
  ): Promise<ExportDownload> {
    const { format, partial, signal } = query;
    const path = `/v1/jobs/${encodeURIComponent(jobId)}/export`;
    const response = await this.#api.send({
      ...get(path, { signal }),
      query: { format, partial: partial ? 'true' : undefined },
    });
    return openDownload(response, `${jobId}-${format}`, signal);
  }

  usage(options: CallOptions = {}): Promise<Usage> {
    return this.#api.call(usageSchema, get('/v1/usage', options));
  }

  async listModels(options: CallOptions = {}): Promise<Model[]> {
    return (await this.#api.call(modelPageSchema, get('/v1/models', options))).data;
  }

  createFile(form: FormData, options: CallOptions = {}): Promise<StoredFile> {
    // A second file of the same bytes does no harm: nobody names it.
    const rest = { form, isRepeatable: true, signal: options.signal };
    return this.#api.call(fileSchema, post('/v1/files', rest));
  }

  createFineTuning(body: NewFineTuning, options: CallOptions = {}): Promise<FineTuning> {
    return this.#api.call(fineTuningSchema, post(FINE_TUNING, { json: body, ...options }));
  }

  getFineTuning(id: string, options: CallOptions = {}): Promise<FineTuning> {
    return this.#api.call(
      fineTuningSchema,
      get(`${FINE_TUNING}/${encodeURIComponent(id)}`, options),
    );
  }

  /** Doing either twice is doing it once. */
  changeFineTuning(
    id: string,
    change: 'cancel' | 'resume',
    options: CallOptions = {},
  ): Promise<FineTuning> {
    const path = `${FINE_TUNING}/${encodeURIComponent(id)}/${change}`;
    return this.#api.call(
      fineTuningSchema,
      post(path, { isRepeatable: true, signal: options.signal }),
    );
  }

  /** A tar archive, unread, and its length; whoever gets it reads it to its end. */
  async downloadFineTuningResult(
    id: string,
    options: CallOptions = {},
  ): Promise<{ content: AsyncIterable<Uint8Array>; bytes: number }> {
    const path = `${FINE_TUNING}/${encodeURIComponent(id)}/result`;
    const { body, headers } = await this.#api.send(get(path, options));
    if (body === null)
      throw new AppError('cli.unexpected_answer', `${path} answered with nothing.`);
    return { content: body, bytes: Number(headers.get('content-length')) };
  }

  /** Newest first, over all pages. */
  listFineTunings({
    state,
    ...options
  }: { state?: FineTuningState } & ListOptions): AsyncGenerator<FineTuning> {
    return this.#api.entries(fineTuningPageSchema, FINE_TUNING, { state }, options);
  }

  /** Those after number `after`, as far as there are any now, in their order. */
  fineTuningEvents(
    id: string,
    { after, ...options }: { after?: number } & CallOptions = {},
  ): AsyncGenerator<FineTuningEvent> {
    const path = `${FINE_TUNING}/${encodeURIComponent(id)}/events`;
    const from = after === undefined ? undefined : `${after}`;
    return this.#api.entries(fineTuningEventPageSchema, path, { after: from }, options);
  }
}

const FINE_TUNING = '/v1/fine-tuning/jobs';
