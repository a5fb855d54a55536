// Made from apps/api/openapi/openapi.json by `npm run openapi`; edits are lost.

export type CreateBatch = {
  /** A file that was sent with the purpose `batch` */
  readonly input_file_id: string;
  readonly endpoint: '/v1/chat/completions' | '/v1/responses';
  /** What has not ended by then ends as expired: `24h`, `7d` */
  readonly completion_window: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
};

export type Batch = {
  readonly object: 'batch';
  readonly id: string;
  readonly endpoint: string;
  readonly model: string | null;
  /** Lines that are no request, up to 100 */
  readonly errors: {
    readonly object: 'list';
    readonly data: readonly {
      readonly code: string;
      readonly message: string;
      readonly param: string | null;
      readonly line: number | null;
    }[];
  } | null;
  readonly input_file_id: string;
  readonly completion_window: string;
  readonly status:
    | 'validating'
    | 'failed'
    | 'in_progress'
    | 'finalizing'
    | 'completed'
    | 'expired'
    | 'cancelling'
    | 'cancelled';
  readonly output_file_id: string | null;
  readonly error_file_id: string | null;
  readonly created_at: number;
  /** Unix time in seconds */
  readonly in_progress_at: number | null;
  /** Unix time in seconds */
  readonly expires_at: number | null;
  /** Unix time in seconds */
  readonly finalizing_at: number | null;
  /** Unix time in seconds */
  readonly completed_at: number | null;
  /** Unix time in seconds */
  readonly failed_at: number | null;
  /** Unix time in seconds */
  readonly expired_at: number | null;
  /** Unix time in seconds */
  readonly cancelling_at: number | null;
  /** Unix time in seconds */
  readonly cancelled_at: number | null;
  readonly request_counts: {
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
  };
  readonly metadata: Readonly<Record<string, string>> | null;
  /** How it went; a batch whose requests all failed is `completed`, and `failed` here */
  readonly outcome: 'succeeded' | 'partly_failed' | 'failed' | 'expired' | 'cancelled' | null;
  /** What does the work, once all lines are read */
  readonly job: string | null;
  readonly image_set: string;
};

export type ChatCompletion = { readonly id: string; readonly object: 'chat.completion' };

export type OpenAiResponse = { readonly id: string; readonly object: 'response' };

export type PutCorrection = {
  /** Number of the item */
  readonly n: number;
  /** Which of its answers, as `task` of the answer says */
  readonly task: number;
  /** The right text */
  readonly text?: string;
  /** The right boxes */
  readonly boxes?: readonly CorrectedBox[];
};

export type CorrectedBox = {
  readonly label: string;
  /** x1, y1, x2, y2 as fractions 0..1 of the upright image */
  readonly box: readonly unknown[];
  /** Mask code words, as they came in the answer */
  readonly segment_codes?: readonly number[];
};

export type Correction = {
  readonly object: 'correction';
  readonly job: string;
  readonly n: number;
  readonly task: number;
  readonly text: string | null;
  readonly boxes: readonly CorrectedBox[] | null;
  /** What fine-tuning learns from it: name of the image, prompt, right answer */
  readonly line: {
    readonly image: string;
    /** Which of them, where the set has several images of that name */
    readonly sha256?: string;
    readonly prefix: string;
    readonly suffix: string;
  };
  readonly corrected_at: string;
};

export type CorrectionPage = {
  readonly object: 'list';
  readonly data: readonly Correction[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type CreateExport = {
  readonly format?: ExportFormat;
  /** What has ended so far, of a job that still runs */
  readonly partial?: boolean;
  /** s3://bucket/folder/: the object is called as the download would be; without a slash at the end, s3://bucket/folder/name.zip, it is called so */
  readonly destination: string;
  readonly region?: string;
  /** Of a server that is not AWS */
  readonly endpoint?: string;
  readonly access_key_id: string;
  /** Kept sealed until it has ended */
  readonly secret_access_key: string;
  readonly session_token?: string;
};

export type ExportFormat =
  | 'jsonl'
  | 'csv'
  | 'parquet'
  | 'coco'
  | 'coco-results'
  | 'yolo'
  | 'pascal-voc'
  | 'label-studio'
  | 'cvat'
  | 'annotated'
  | 'masks';

export type Export = {
  readonly object: 'export';
  readonly id: string;
  readonly job: string;
  readonly format: ExportFormat;
  readonly partial: boolean;
  /** completed: the object and its manifest are whole in the bucket */
  readonly state: 'queued' | 'running' | 'cancelling' | 'completed' | 'failed' | 'cancelled';
  /** The object, as s3://bucket/key */
  readonly destination: string;
  /** The object that says size and SHA-256 of the other; written last */
  readonly manifest: string;
  /** read: in the pass that runs; some formats read more than once */
  readonly items: { readonly total: number; readonly read: number };
  /** Written so far; when it is completed, the size of the object */
  readonly bytes: number;
  /** Of the object, once it is whole */
  readonly sha256: string | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
};

export type ExportPage = {
  readonly object: 'list';
  readonly data: readonly Export[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type WebhookDelivery = {
  readonly object: 'webhook.delivery';
  readonly id: string;
  readonly webhook: string;
  readonly event: {
    /** What is sent as webhook-id, at every attempt */
    readonly id: string;
    readonly type: string;
    readonly created_at: string;
  };
  /** failed: given up; can be sent again */
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  /** Of the last answer, if any came */
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly next_attempt_at: string | null;
  readonly delivered_at: string | null;
  readonly created_at: string;
};

export type RecoverWebhook = { readonly since: string };

export type WebhookRecovery = {
  readonly object: 'webhook.recovery';
  readonly webhook: string;
  readonly since: string;
  /** Events that are sent now: every one that it has not acknowledged */
  readonly deliveries: number;
};

export type WebhookDeliveryPage = {
  readonly object: 'list';
  readonly data: readonly WebhookDelivery[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type WebhookDeliveryLog = {
  readonly object: 'webhook.delivery';
  readonly id: string;
  readonly webhook: string;
  readonly event: {
    /** What is sent as webhook-id, at every attempt */
    readonly id: string;
    readonly type: string;
    readonly created_at: string;
  };
  /** failed: given up; can be sent again */
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  /** Of the last answer, if any came */
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly next_attempt_at: string | null;
  readonly delivered_at: string | null;
  readonly created_at: string;
  readonly log: readonly WebhookAttempt[];
};

export type WebhookAttempt = {
  readonly n: number;
  readonly at: string;
  readonly duration_ms: number;
  readonly request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: {
      readonly text: string;
      /** There was more than is kept */
      readonly is_cut: boolean;
    };
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: {
      readonly text: string;
      /** There was more than is kept */
      readonly is_cut: boolean;
    };
  } | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
};

export type File = {
  readonly object: 'file';
  readonly id: string;
  readonly filename: string;
  readonly purpose: 'fine-tune' | 'batch' | 'vision' | 'user_data' | 'batch_output';
  readonly bytes: number;
  readonly sha256: string;
  readonly status: 'processed';
  /** Unix time in seconds */
  readonly created_at: number;
};

export type DeletedFile = { readonly object: 'file'; readonly id: string; readonly deleted: true };

export type FineTuningBasePage = {
  readonly object: 'list';
  readonly data: readonly FineTuningBase[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type FineTuningBase = {
  readonly object: 'fine_tuning.base';
  /** What POST /v1/fine-tuning/jobs takes as `model` */
  readonly id: string;
};

export type CreateFineTuningJob = {
  /** The base: a checkpoint that trainers have */
  readonly model: string;
  /** JSONL, one {"image","prefix","suffix"} per line */
  readonly training_file: string;
  /** The same, held out */
  readonly validation_file?: string;
  /** Images that lines name by their file name. Without one, each line has its image as a data: URL */
  readonly image_set?: string;
  /** Seal the set first */
  readonly seal?: boolean;
  readonly method?: TuningMethod;
  readonly hyperparameters?: Hyperparameters;
  readonly seed?: number;
  /** Goes into the name of the resulting model */
  readonly suffix?: string;
  /** Of the resulting model */
  readonly precision?: 'f32' | 'f16' | 'int8' | 'int4';
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata?: Readonly<Record<string, string>>;
};

export type TuningMethod =
  | { readonly type: 'full' }
  | { readonly type: 'text' }
  | { readonly type: 'tower'; readonly questions?: number }
  | {
      readonly type: 'lora';
      readonly rank?: number;
      /** Default: twice the rank */
      readonly alpha?: number;
      readonly dropout?: number;
      /** Last parts of the names of the text model's linear layers */
      readonly targets?: readonly (
        'q_proj' | 'k_proj' | 'v_proj' | 'o_proj' | 'gate_proj' | 'up_proj' | 'down_proj'
      )[];
    };

export type Hyperparameters = {
  /** Passes over the training file */
  readonly epochs?: number;
  /** Examples that are computed together */
  readonly batch_size?: number;
  /** Batches before one update */
  readonly accumulation?: number;
  /** The highest. Default: 0.0001 for `lora`, 0.00001 else */
  readonly learning_rate?: number;
  readonly schedule?: 'cosine' | 'constant';
  /** Share of all updates in which the rate rises from 0 */
  readonly warmup?: number;
  readonly optimiser?: 'adamw' | 'sgd';
  readonly weight_decay?: number;
  readonly clip_norm?: number | null;
  /** Tokens of question and answer together; a longer example is an error */
  readonly text_tokens?: number;
  /** Examples in a row about one picture that share its encoding; more than 1 learns faster, but the picture then does not see the questions */
  readonly pack?: number;
  readonly label_smoothing?: number;
  /** Mean over the tokens of each example first, or over all tokens of a batch */
  readonly loss_mean?: 'example' | 'token';
  /** Bins over which the target of a `<loc>` token spreads; 0 for the right one alone */
  readonly location_spread?: number;
  /** The same for `<seg>` tokens */
  readonly code_spread?: number;
  /** Less memory, a third more time */
  readonly recompute?: boolean;
  /** Updates between two checkpoints */
  readonly checkpoint_every?: number;
  /** Updates between two evaluations */
  readonly evaluate_every?: number;
};

export type FineTuningJob = {
  readonly object: 'fine_tuning.job';
  readonly id: string;
  /** The base */
  readonly model: string;
  readonly training_file: string;
  readonly validation_file: string | null;
  readonly image_set: string | null;
  readonly method: TuningMethod;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  readonly suffix: string | null;
  readonly precision: 'f32' | 'f16' | 'int8' | 'int4';
  readonly state: 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
  /** Updates done */
  readonly step: number;
  /** Updates in all; null until the training file was read */
  readonly steps: number | null;
  /** Where it would go on */
  readonly checkpoint_step: number | null;
  /** What POST /v1/jobs takes as `model` */
  readonly fine_tuned_model: string | null;
  readonly error: {
    readonly code: string;
    readonly detail: string;
    /** Bad lines, the first 100 of them */
    readonly lines: readonly BadLine[];
  } | null;
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
};

export type BadLine = {
  readonly file: 'training_file' | 'validation_file';
  /** From 1 */
  readonly line: number;
  readonly detail: string;
};

export type FineTuningJobPage = {
  readonly object: 'list';
  readonly data: readonly FineTuningJob[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type FineTuningEventPage = {
  readonly object: 'list';
  readonly data: readonly FineTuningEvent[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type FineTuningEvent = {
  readonly object: 'fine_tuning.job.event';
  /** Number of the event in its job, from 1, without gaps */
  readonly n: number;
  readonly type:
    | 'created'
    | 'started'
    | 'step'
    | 'evaluation'
    | 'checkpoint'
    | 'interrupted'
    | 'cancel_requested'
    | 'cancelled'
    | 'resumed'
    | 'succeeded'
    | 'failed';
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  /** Updates done */
  readonly step: number | null;
  /** Numbers of the event: loss, learning rate, metrics */
  readonly data: Readonly<Record<string, unknown>>;
  readonly created_at: string;
};

export type FineTuningCheckpointPage = {
  readonly object: 'list';
  readonly data: readonly FineTuningCheckpoint[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type FineTuningCheckpoint = {
  readonly object: 'fine_tuning.job.checkpoint';
  readonly step: number;
  readonly bytes: number;
  readonly created_at: string;
};

export type Readiness = {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
};

export type CreateImageSet = {
  readonly name?: string;
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata?: Readonly<Record<string, string>>;
};

export type ImageSet = {
  readonly object: 'image_set';
  readonly id: string;
  readonly name: string | null;
  /** `open` takes images, `sealed` is final */
  readonly state: 'open' | 'sealed';
  readonly image_counts: {
    readonly accepted: number;
    /** Files that are no picture we can read; each is kept with its reason */
    readonly refused: number;
  };
  readonly bytes: number;
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly sealed_at: string | null;
};

export type ImageSetPage = {
  readonly object: 'list';
  readonly data: readonly ImageSet[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type UploadReport = {
  readonly object: 'upload_report';
  readonly image_set: ImageSet;
  readonly counts: {
    readonly accepted: number;
    readonly duplicate: number;
    readonly refused: number;
  };
  /** One entry per refused file, up to 10,000, and up to 1,000 others; a set lists all its refused files itself */
  readonly files: readonly UploadedFile[];
};

export type UploadedFile = {
  readonly name: string;
  readonly status: 'accepted' | 'duplicate' | 'refused';
  /** Number of the image in its set, from 0 */
  readonly n: number | null;
  readonly sha256: string | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
};

export type KnownImagesRequest = {
  readonly images: readonly {
    readonly name: string;
    /** SHA-256 of the bytes, lower-case hex */
    readonly sha256: string;
    readonly custom_id?: string;
    /** Up to 16 pairs of text, 64 and 512 characters at most */
    readonly metadata?: Readonly<Record<string, string>>;
    /** What a job with `tasks: "own"` asks about it */
    readonly tasks?: readonly Task[];
  }[];
};

export type Task =
  | {
      readonly type: 'caption';
      /** Language code that the checkpoint was trained with; `en` is the most reliable. */
      readonly language?: string;
      /** Most tokens to generate for this task; an answer cut off here is marked `length`. */
      readonly max_tokens?: number;
    }
  | {
      readonly type: 'answer';
      readonly question: string;
      /** Language code that the checkpoint was trained with; `en` is the most reliable. */
      readonly language?: string;
      /** Most tokens to generate for this task; an answer cut off here is marked `length`. */
      readonly max_tokens?: number;
    }
  | {
      readonly type: 'detect';
      readonly labels: readonly string[];
      /** Most tokens to generate for this task; an answer cut off here is marked `length`. */
      readonly max_tokens?: number;
    }
  | {
      readonly type: 'segment';
      readonly label: string;
      /** Most tokens to generate for this task; an answer cut off here is marked `length`. */
      readonly max_tokens?: number;
    }
  | {
      readonly type: 'ocr';
      /** Most tokens to generate for this task; an answer cut off here is marked `length`. */
      readonly max_tokens?: number;
    }
  | {
      readonly type: 'prompt';
      readonly prompt: string;
      /** Most tokens to generate for this task; an answer cut off here is marked `length`. */
      readonly max_tokens?: number;
    };

export type KnownImages = {
  readonly object: 'known_images';
  readonly image_set: ImageSet;
  readonly counts: {
    readonly accepted: number;
    readonly duplicate: number;
    readonly unknown: number;
    readonly refused: number;
  };
  /** One per image asked about, in their order */
  readonly images: readonly {
    readonly name: string;
    readonly sha256: string;
    /** `unknown`: nothing was added, send its bytes; `refused`: it is above the quota of its tenant */
    readonly status: 'accepted' | 'duplicate' | 'unknown' | 'refused';
    /** Number of the image in its set, from 0 */
    readonly n: number | null;
    readonly error: { readonly code: string; readonly detail: string } | null;
  }[];
};

export type DeletedImages = {
  readonly object: 'deleted_images';
  readonly image_set: ImageSet;
  /** 1,000 at most; if it is 1,000, ask again */
  readonly deleted: number;
};

export type RefusedFilePage = {
  readonly object: 'list';
  readonly data: readonly RefusedFile[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type RefusedFile = {
  readonly object: 'refused_file';
  readonly name: string;
  readonly error: { readonly code: string; readonly detail: string };
  readonly created_at: string;
};

export type Import = {
  readonly object: 'import';
  readonly id: string;
  readonly image_set: string;
  readonly name: string | null;
  readonly source: 'manifest' | 'bucket';
  /** listing: rows are still being found, those found are fetched already; completed: every row has ended, some maybe refused */
  readonly state: 'listing' | 'fetching' | 'completed' | 'failed' | 'cancelled';
  readonly row_counts: {
    readonly found: number;
    readonly accepted: number;
    /** The set had them already */
    readonly duplicate: number;
    /** Listed with their reasons in /v1/image-sets/{id}/refused */
    readonly refused: number;
  };
  /** The first 100 lines that could not be used */
  readonly line_errors: readonly {
    readonly line: number;
    readonly code: string;
    readonly detail: string;
  }[];
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly created_at: string;
  readonly finished_at: string | null;
};

export type ManifestCheck = {
  readonly object: 'manifest_check';
  readonly row_counts: { readonly found: number; readonly usable: number };
  /** The first 1,000 lines that could not be used */
  readonly line_errors: readonly {
    readonly line: number;
    readonly code: string;
    readonly detail: string;
  }[];
};

export type ImportPage = {
  readonly object: 'list';
  readonly data: readonly Import[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type CreateJob = {
  /** A sealed image set, or an open one with `seal: true` */
  readonly image_set: string;
  /** Seal the set first */
  readonly seal?: boolean;
  /** `own`: about each image the tasks that it brought into its set */
  readonly tasks: readonly Task[] | 'own';
  /** Default: the only model, or the one named `default` */
  readonly model?: string;
  /** Higher runs sooner among the same tenant's jobs */
  readonly priority?: number;
  readonly name?: string;
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told how this job goes */
  readonly webhook?: JobWebhook;
  /** Take answers that are known (same content, task and model revision); `false`: compute every one */
  readonly cache?: boolean;
  /** Stop when a larger part of the ended images has failed; default: never */
  readonly max_failure_rate?: number;
  /** Not before so many images have ended; default: 100 */
  readonly failure_rate_min_items?: number;
  /** What has not ended then is not done any more */
  readonly deadline_at?: string;
  /** The same, from now */
  readonly timeout_seconds?: number;
};

export type JobWebhook =
  | {
      /** One that exists */
      readonly id: string;
    }
  | {
      /** https://, on port 443 or 8443; no credentials */
      readonly url: string;
      /** What is sent; default: everything that ends */
      readonly events?: readonly (
        | 'job.created'
        | 'job.started'
        | 'job.paused'
        | 'job.resumed'
        | 'job.extended'
        | 'job.finished'
        | 'job.cancelled'
        | 'image_set.sealed'
        | 'import.completed'
        | 'import.failed'
        | 'import.cancelled'
        | 'batch.completed'
        | 'batch.failed'
        | 'batch.expired'
        | 'batch.cancelled'
        | 'export.completed'
        | 'export.failed'
        | 'fine_tuning.created'
        | 'fine_tuning.finished'
        | 'fine_tuning.failed'
        | 'fine_tuning.cancelled'
      )[];
      /** thin: what changed, with counts and a path; full: the whole job as GET shows it */
      readonly payload?: 'thin' | 'full';
    };

export type Job = {
  readonly object: 'job';
  readonly id: string;
  readonly name: string | null;
  readonly image_set: string;
  readonly model: string;
  /** `own`: each image has its own tasks, which stand beside its answers */
  readonly tasks: readonly Task[] | 'own';
  readonly priority: number;
  readonly state: 'queued' | 'running' | 'paused' | 'cancelling' | 'completed' | 'cancelled';
  readonly outcome: 'succeeded' | 'partly_failed' | 'failed' | 'expired' | 'cancelled' | null;
  readonly item_counts: {
    readonly total: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  /** Failed items by their code; their sum is item_counts.failed */
  readonly error_counts: Readonly<Record<string, number>>;
  readonly progress: number;
  /** Whether answers that are known may be taken */
  readonly cache: boolean;
  readonly max_failure_rate: number | null;
  readonly failure_rate_min_items: number;
  readonly deadline_at: string | null;
  readonly stop_reason: 'failure_rate' | 'deadline' | null;
  /** The job that this one was made from */
  readonly restarted_from: string | null;
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  /** Only in the answer to POST /v1/jobs */
  readonly webhook?: {
    readonly id: string;
    /** whsec_..., to verify with; shown only in the answer that made it */
    readonly secret?: string;
  };
};

export type JobPage = {
  readonly object: 'list';
  readonly data: readonly Job[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type ResultPage = {
  readonly object: 'list';
  readonly data: readonly ItemResult[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type ItemResult = {
  readonly object: 'item';
  readonly id: string;
  readonly n: number;
  readonly image: {
    readonly name: string;
    readonly sha256: string;
    /** Pixels, upright; null when the image could not be read */
    readonly width: number | null;
    readonly height: number | null;
    /** What its client calls it */
    readonly custom_id: string | null;
    /** What its client wanted to find again here */
    readonly metadata: Readonly<Record<string, string>>;
  };
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly answers: readonly Answer[];
  /** What was asked, when the `tasks` of the job are `own` */
  readonly tasks?: readonly Task[];
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly attempts: number;
  readonly timings: Timings | null;
  /** Who brought it to its end; `host` is null 90 days after that worker has gone, all of it when there was none */
  readonly worker: { readonly id: string; readonly host: string | null } | null;
  /** Since when that worker had it, together with others; until `finished_at` */
  readonly leased_at: string | null;
  readonly finished_at: string;
};

export type Answer = {
  /** Index into the job's `tasks`, or into the item's own */
  readonly task: number;
  readonly prompt: string;
  readonly raw: string;
  /** `raw` without location and segmentation tokens */
  readonly text: string;
  readonly boxes: readonly Box[];
  /** exp of the mean log-probability of its tokens */
  readonly confidence: number;
  readonly tokens: number;
  /** Tokens that the model read: of the picture, and of the prompt */
  readonly prompt_tokens?: number;
  /** What the model wrote, as it wrote it: `tokens` ids, the end token among them */
  readonly token_ids?: readonly number[];
  /** Natural logarithms beside `token_ids`, to four decimals; among the allowed tokens in `detect` and `segment` */
  readonly token_log_probabilities?: readonly number[];
  /** `length`: cut off at `max_tokens`; `repetition`: cut off as it only repeated itself */
  readonly end_reason: 'eos' | 'length' | 'repetition';
  readonly warnings: readonly string[];
  /** `true`: known from another image or job with the same content, not computed again */
  readonly cached?: boolean;
};

export type Box = {
  readonly label: string;
  /** x1, y1, x2, y2 as fractions 0..1 of the upright image */
  readonly box: readonly unknown[];
  /** x1, y1, x2, y2 in pixels of the upright image */
  readonly pixels: readonly unknown[];
  readonly confidence: number;
  /** Mask code words of a `segment` answer, 0..127 */
  readonly segment_codes?: readonly number[];
  readonly mask?: Mask;
};

export type Mask = {
  /** The pixels of the object */
  readonly rle: {
    /** Height and width of the upright image */
    readonly size: readonly unknown[];
    /** As COCO compresses it: pycocotools reads it as it is */
    readonly counts: string;
  };
  /** Number of its pixels */
  readonly area: number;
  /** exp of the mean log-probability of its 16 code words */
  readonly confidence: number;
};

export type Timings = {
  readonly fetch_ms: number;
  readonly decode_ms: number;
  readonly encode_ms: number;
  readonly generate_ms: number;
};

export type RetryJob = {
  /** Only items that failed of one of these; default: all that failed */
  readonly error_codes?: readonly string[];
  /** Also what had not been done when the job was cancelled */
  readonly cancelled?: boolean;
};

export type RetryJobs = {
  /** Which jobs, of those that can be moved; as in the query of GET /v1/jobs */
  readonly filter?: {
    /** One state, or several of which one must hold */
    readonly state?:
      | 'queued'
      | 'running'
      | 'paused'
      | 'cancelling'
      | 'completed'
      | 'cancelled'
      | readonly ('queued' | 'running' | 'paused' | 'cancelling' | 'completed' | 'cancelled')[];
    /** The same for outcomes */
    readonly outcome?:
      | 'succeeded'
      | 'partly_failed'
      | 'failed'
      | 'expired'
      | 'cancelled'
      | readonly ('succeeded' | 'partly_failed' | 'failed' | 'expired' | 'cancelled')[];
    readonly model?: string;
    readonly image_set?: string;
    /** Part of the name, in any case */
    readonly name?: string;
    /** KEY=VALUE; of several, all must hold */
    readonly metadata?: string | readonly string[];
    /** This moment or later */
    readonly created_after?: string;
    readonly created_before?: string;
  };
  /** Needed when the filter is empty, so that nobody means all by mistake */
  readonly all?: boolean;
  readonly limit?: number;
  /** Only items that failed of one of these; default: all that failed */
  readonly error_codes?: readonly string[];
  /** Also what had not been done when the job was cancelled */
  readonly cancelled?: boolean;
  /** `next_cursor` of the answer before */
  readonly cursor?: string;
  /** Retry nothing: the counts say how much it would be, whatever the limit */
  readonly dry_run?: boolean;
};

export type RetriedJobs = {
  readonly object: 'retried_jobs';
  /** Jobs that are queued again; with `dry_run` all that would be */
  readonly count: number;
  /** Their items that are done again; with `dry_run` of all */
  readonly item_count: number;
  /** Newest first, `limit` at most */
  readonly data: readonly string[];
  /** There may be more: send the same request again with this as `cursor` */
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type ExtendJob = {
  /** What else is asked about each image; the old answers stay */
  readonly tasks: readonly Task[];
  /** Stop when a larger part of the ended images has failed; default: never */
  readonly max_failure_rate?: number;
  /** Not before so many images have ended; default: 100 */
  readonly failure_rate_min_items?: number;
  /** What has not ended then is not done any more */
  readonly deadline_at?: string;
  /** The same, from now */
  readonly timeout_seconds?: number;
};

export type RestartJob = {
  /** `own`: about each image the tasks that it brought into its set */
  readonly tasks?: readonly Task[] | 'own';
  readonly model?: string;
  /** Higher runs sooner among the same tenant's jobs */
  readonly priority?: number;
  readonly name?: string;
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told how this job goes */
  readonly webhook?: JobWebhook;
  readonly cache?: boolean;
  /** Stop when a larger part of the ended images has failed; default: never */
  readonly max_failure_rate?: number;
  /** Not before so many images have ended; default: 100 */
  readonly failure_rate_min_items?: number;
  /** What has not ended then is not done any more */
  readonly deadline_at?: string;
  /** The same, from now */
  readonly timeout_seconds?: number;
};

export type JobLogPage = {
  readonly object: 'list';
  readonly data: readonly JobLogEntry[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type JobLogEntry = {
  readonly object: 'job.log_entry';
  readonly at: string;
  readonly level: 'info' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

export type JobProgress = {
  readonly object: 'job.progress';
  readonly job: string;
  /** waiting: for a place in the queue; queued: for a worker; working: leased to one; done and cancelled: nothing left */
  readonly stages: readonly {
    readonly stage: 'waiting' | 'queued' | 'working' | 'done' | 'cancelled';
    readonly shards: number;
    /** Images of these shards that have not ended */
    readonly items: number;
  }[];
  /** Suspected of crashing the engine: they run alone */
  readonly isolated_items: number;
  /** Who works on it now */
  readonly workers: readonly {
    readonly id: string;
    readonly host: string;
    readonly shards: number;
    readonly items: number;
  }[];
  /** Until the end, if all live workers of the model had nothing else to do; null without a measure or a worker, and for a job that does not run */
  readonly estimated_seconds: number | null;
};

export type JobLatency = {
  readonly object: 'job.latency';
  readonly job: string;
  /** Images that succeeded since tasks were asked last and whose time is known; not those whose answers were known */
  readonly images: number;
  /** Half of them took that long or less, within its step; null while there are none */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  /** From the first step that has an image to the last, those between without one too */
  readonly buckets: readonly {
    readonly above_ms: number;
    /** null: however long */
    readonly up_to_ms: number | null;
    readonly images: number;
  }[];
};

export type MoveJobs = {
  /** Which jobs, of those that can be moved; as in the query of GET /v1/jobs */
  readonly filter?: {
    /** One state, or several of which one must hold */
    readonly state?:
      | 'queued'
      | 'running'
      | 'paused'
      | 'cancelling'
      | 'completed'
      | 'cancelled'
      | readonly ('queued' | 'running' | 'paused' | 'cancelling' | 'completed' | 'cancelled')[];
    /** The same for outcomes */
    readonly outcome?:
      | 'succeeded'
      | 'partly_failed'
      | 'failed'
      | 'expired'
      | 'cancelled'
      | readonly ('succeeded' | 'partly_failed' | 'failed' | 'expired' | 'cancelled')[];
    readonly model?: string;
    readonly image_set?: string;
    /** Part of the name, in any case */
    readonly name?: string;
    /** KEY=VALUE; of several, all must hold */
    readonly metadata?: string | readonly string[];
    /** This moment or later */
    readonly created_after?: string;
    readonly created_before?: string;
  };
  /** Needed when the filter is empty, so that nobody means all by mistake */
  readonly all?: boolean;
  readonly limit?: number;
  /** Move nothing: `count` says how many jobs it would be, whatever the limit */
  readonly dry_run?: boolean;
};

export type MovedJobs = {
  readonly object: 'moved_jobs';
  /** Jobs that were moved; with `dry_run` all that would be */
  readonly count: number;
  /** Newest first, `limit` at most */
  readonly data: readonly string[];
  /** There may be more: send the same request again */
  readonly has_more: boolean;
};

export type PreviewJob = {
  /** A sealed image set, or an open one with `seal: true` */
  readonly image_set: string;
  /** Seal the set first */
  readonly seal?: boolean;
  /** `own`: about each image the tasks that it brought into its set */
  readonly tasks: readonly Task[] | 'own';
  /** Default: the only model, or the one named `default` */
  readonly model?: string;
  /** Higher runs sooner among the same tenant's jobs */
  readonly priority?: number;
  readonly name?: string;
  /** Up to 16 pairs of text, 64 and 512 characters at most */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told how this job goes */
  readonly webhook?: JobWebhook;
  /** Take answers that are known (same content, task and model revision); `false`: compute every one */
  readonly cache?: boolean;
  /** Stop when a larger part of the ended images has failed; default: never */
  readonly max_failure_rate?: number;
  /** Not before so many images have ended; default: 100 */
  readonly failure_rate_min_items?: number;
  /** What has not ended then is not done any more */
  readonly deadline_at?: string;
  /** The same, from now */
  readonly timeout_seconds?: number;
  /** Images to run, spread over the set; the same ones each time */
  readonly samples?: number;
  /** Numbers of the images to run, instead of some that are spread over the set */
  readonly images?: readonly number[];
};

export type JobPreview = {
  readonly object: 'job_preview';
  readonly image_set: string;
  readonly model: string;
  /** `own`: each image has its own tasks, which stand beside its answers */
  readonly tasks: readonly Task[] | 'own';
  /** Images that the job would have */
  readonly items: number;
  /** Live workers that serve the model now */
  readonly workers: number;
  /** What the samples that ended in time were answered; every one was computed */
  readonly samples: readonly ItemResult[];
  /** Samples that did not end in time */
  readonly samples_left: number;
  /** Part of the answers that are known and need no computing, estimated on 500 images */
  readonly known_share: number;
  /** null when no sample ended in time */
  readonly estimate: JobEstimate | null;
};

export type JobEstimate = {
  /** Of all workers together, as measured on the samples */
  readonly images_per_second: number;
  /** From the start to the end, if nothing else runs */
  readonly seconds: number;
  /** Of all workers together */
  readonly accelerator_seconds: number;
};

export type CreateApiKey = {
  /** What it is for, as lists show it */
  readonly name: string;
  /** `read` for every GET, `write` for everything else; `operate` besides for what concerns all tenants, which only a key that has it can give */
  readonly scopes?: readonly ('read' | 'write' | 'operate')[];
  /** From then on it is refused; never when absent */
  readonly expires_at?: string;
};

export type ApiKey = {
  readonly object: 'api_key';
  readonly id: string;
  readonly name: string;
  /** First characters of the key */
  readonly hint: string;
  readonly scopes: readonly ('read' | 'write' | 'operate')[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  /** To a minute */
  readonly last_used_at: string | null;
  /** The key; only in the answer that made it */
  readonly key?: string;
};

export type ApiKeyPage = {
  readonly object: 'list';
  readonly data: readonly ApiKey[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type ModelPage = {
  readonly object: 'list';
  readonly data: readonly Model[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type Model = {
  readonly object: 'model';
  readonly id: string;
  readonly family: string;
  readonly image_size: number;
  readonly note: string | null;
  /** Live workers that serve it now */
  readonly workers: number;
  /** Of its weights and of who runs them; null until a worker has served it */
  readonly revision: string | null;
  /** Trained by this tenant, which alone can name it */
  readonly is_own: boolean;
  /** Measured accelerator time for one task of an image, milliseconds */
  readonly task_ms: number | null;
};

export type CreateModelImport = {
  /** What the model will be called */
  readonly model: string;
  /** A repository of a hub, or the name of a folder */
  readonly source: string;
  /** Of the weights: f32, f16, int8, int4 */
  readonly precision: string;
  /** The machine that it runs on */
  readonly host?: string;
  /** downloading: from a hub; converting: into the form that workers load */
  readonly state: 'downloading' | 'converting';
};

export type ModelImport = {
  readonly object: 'model_import';
  readonly id: string;
  readonly model: string;
  readonly source: string;
  readonly precision: string;
  readonly host: string | null;
  /** A command that was killed tells no end: see `told_at` */
  readonly state: 'downloading' | 'converting' | 'completed' | 'failed';
  /** Of what `state` says is done */
  readonly bytes_done: number;
  readonly bytes_total: number | null;
  /** Of the model that was made */
  readonly model_bytes: number | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly created_at: string;
  /** When it was last heard of; while it runs, at least every ten seconds */
  readonly told_at: string;
  readonly finished_at: string | null;
};

export type UpdateModelImport = {
  /** A command that was killed tells no end: see `told_at` */
  readonly state: 'downloading' | 'converting' | 'completed' | 'failed';
  /** Of what `state` says is done */
  readonly bytes_done?: number;
  readonly bytes_total?: number;
  /** Of the model that was made */
  readonly model_bytes?: number;
  /** Why it failed */
  readonly error?: { readonly code: string; readonly detail: string };
};

export type ModelImportPage = {
  readonly object: 'list';
  readonly data: readonly ModelImport[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type Prediction = {
  readonly object: 'prediction';
  readonly job: Job;
  /** null while it still runs (202) */
  readonly result: ItemResult | null;
};

export type Queue = {
  readonly object: 'queue';
  /** By model and priority, the longest first */
  readonly waiting: readonly {
    /** The model that is asked */
    readonly pool: string;
    readonly priority: number;
    /** That have not ended and are not paused */
    readonly jobs: number;
    /** Images of those jobs that have not ended */
    readonly items: number;
    /** Time of one accelerator that they need, as measured */
    readonly accelerator_seconds: number;
    /** Creation of the oldest job of which no worker has taken anything */
    readonly waiting_since: string | null;
  }[];
  /** The part of it that workers hold now */
  readonly in_flight_items: number;
};

export type SystemQueue = {
  readonly object: 'system_queue';
  readonly pools: readonly Pool[];
  /** By tenant, model and priority, the longest first */
  readonly waiting: readonly {
    readonly tenant: { readonly id: string; readonly name: string };
    /** The model that is asked */
    readonly pool: string;
    readonly priority: number;
    /** That have not ended and are not paused */
    readonly jobs: number;
    /** Images of those jobs that have not ended */
    readonly items: number;
    /** Time of one accelerator that they need, as measured */
    readonly accelerator_seconds: number;
    /** Creation of the oldest job of which no worker has taken anything */
    readonly waiting_since: string | null;
  }[];
  /** There are more than these */
  readonly has_more: boolean;
};

export type Pool = {
  readonly pool: string;
  /** Images that have not ended */
  readonly items: number;
  readonly accelerator_seconds: number;
  readonly in_flight_items: number;
  readonly oldest_wait_seconds: number | null;
  readonly workers: number;
};

export type SeriesQuery = {
  readonly span?: '15m' | '1h' | '24h';
  /** A model; all together when absent */
  readonly pool?: string;
};

export type Series = {
  readonly object: 'series';
  readonly span: '15m' | '1h' | '24h';
  readonly pool: string | null;
  /** Between two points */
  readonly step_seconds: number;
  /** Begin of each point, seconds since 1970 */
  readonly times: readonly number[];
  /** Images that ended, well or not */
  readonly items_per_second: readonly (number | null)[];
  readonly failed_per_second: readonly (number | null)[];
  /** Part of the images that failed, 0 to 1; null while none ended */
  readonly error_rate: readonly (number | null)[];
  readonly tokens_per_second: readonly (number | null)[];
  /** Time of an image, from its fetch to its answer; null while none succeeded */
  readonly p50_ms: readonly (number | null)[];
  readonly p95_ms: readonly (number | null)[];
  readonly outstanding_items: readonly (number | null)[];
  readonly backlog_accelerator_seconds: readonly (number | null)[];
  readonly in_flight_items: readonly (number | null)[];
  readonly oldest_wait_seconds: readonly (number | null)[];
  readonly workers: readonly (number | null)[];
  readonly queued_shards: readonly (number | null)[];
  /** Mean of the workers; 100 is one core */
  readonly cpu_percent: readonly (number | null)[];
  /** Mean of the workers whose GPU says it */
  readonly gpu_percent: readonly (number | null)[];
};

export type CreateUpload = {
  /** Of the picture, or of the archive */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the whole, lower-case hex; what comes out is compared with it */
  readonly sha256?: string;
  /** Of every part but the last; default: 8 MiB, more for what is over 80 GiB */
  readonly part_bytes?: number;
};

export type Upload = {
  readonly object: 'upload';
  readonly id: string;
  readonly image_set: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly part_bytes: number;
  readonly part_count: number;
  readonly state: 'open' | 'assembling' | 'done' | 'failed' | 'aborted' | 'expired';
  /** What became of its files, when it is `done`; the set lists the refused ones */
  readonly counts: {
    readonly accepted: number;
    readonly duplicate: number;
    readonly refused: number;
  } | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly created_at: string;
  /** When its parts are thrown away; asking for URLs puts it off */
  readonly expires_at: string;
  readonly finished_at: string | null;
};

export type UploadParts = {
  readonly object: 'upload_parts';
  /** The parts that are there whole, with the MD5 that they were announced with */
  readonly data: readonly { readonly n: number; readonly bytes: number; readonly md5: string }[];
};

export type PartUrlsRequest = {
  readonly parts: readonly {
    /** From 0 */
    readonly n: number;
    /** MD5 of the part, base64, as `Content-MD5` has it */
    readonly md5: string;
  }[];
  /** false: URLs of this API even where the bucket would take the parts itself */
  readonly direct?: boolean;
};

export type PartUrls = {
  readonly object: 'part_urls';
  readonly expires_at: string;
  readonly data: readonly {
    readonly n: number;
    readonly bytes: number;
    readonly method: 'PUT';
    /** Relative ones are of this API */
    readonly url: string;
    /** To be sent as they are */
    readonly headers: Readonly<Record<string, string>>;
  }[];
};

export type CreateSession = { readonly api_key: string };

export type Session = {
  readonly object: 'session';
  readonly tenant: { readonly name: string };
  readonly key: {
    readonly name: string;
    /** First characters of the key */
    readonly hint: string;
  };
  readonly scopes: readonly ('read' | 'write' | 'operate')[];
  /** null for a request that carries its key itself */
  readonly expires_at: string | null;
};

export type Usage = {
  readonly object: 'usage';
  /** Of pictures, each content once, and of files */
  readonly stored_bytes: { readonly used: number; readonly limit: number };
  /** Of all sets together */
  readonly images: { readonly used: number; readonly limit: number };
  /** Now, and the most there may be */
  readonly image_sets: { readonly used: number; readonly limit: number };
  /** Jobs that have not ended */
  readonly open_jobs: { readonly used: number; readonly limit: number };
  /** Images of those jobs that are not done yet */
  readonly queued_items: { readonly used: number; readonly limit: number };
};

export type CreateWebhook = {
  /** https://, on port 443 or 8443; no credentials */
  readonly url: string;
  /** What is sent; default: everything that ends */
  readonly events?: readonly (
    | 'job.created'
    | 'job.started'
    | 'job.paused'
    | 'job.resumed'
    | 'job.extended'
    | 'job.finished'
    | 'job.cancelled'
    | 'image_set.sealed'
    | 'import.completed'
    | 'import.failed'
    | 'import.cancelled'
    | 'batch.completed'
    | 'batch.failed'
    | 'batch.expired'
    | 'batch.cancelled'
    | 'export.completed'
    | 'export.failed'
    | 'fine_tuning.created'
    | 'fine_tuning.finished'
    | 'fine_tuning.failed'
    | 'fine_tuning.cancelled'
  )[];
  /** thin: what changed, with counts and a path; full: the whole job as GET shows it */
  readonly payload?: 'thin' | 'full';
  /** all: everything of the tenant; named: only jobs that name this webhook */
  readonly scope?: 'all' | 'named';
  readonly description?: string;
};

export type Webhook = {
  readonly object: 'webhook';
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  /** thin: what changed, with counts and a path; full: the whole job as GET shows it */
  readonly payload: 'thin' | 'full';
  /** all: everything of the tenant; named: only jobs that name this webhook */
  readonly scope: 'all' | 'named';
  readonly description: string | null;
  readonly state: 'enabled' | 'disabled';
  /** gone: it answered 410; failing: nothing got through for five days */
  readonly disabled_reason: 'user' | 'gone' | 'failing' | null;
  readonly failing_since: string | null;
  /** whsec_..., to verify with; shown only in the answer that made it */
  readonly secret?: string;
  readonly created_at: string;
};

export type WebhookPage = {
  readonly object: 'list';
  readonly data: readonly Webhook[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type UpdateWebhook = {
  /** https://, on port 443 or 8443; no credentials */
  readonly url?: string;
  /** What is sent; default: everything that ends */
  readonly events?: readonly (
    | 'job.created'
    | 'job.started'
    | 'job.paused'
    | 'job.resumed'
    | 'job.extended'
    | 'job.finished'
    | 'job.cancelled'
    | 'image_set.sealed'
    | 'import.completed'
    | 'import.failed'
    | 'import.cancelled'
    | 'batch.completed'
    | 'batch.failed'
    | 'batch.expired'
    | 'batch.cancelled'
    | 'export.completed'
    | 'export.failed'
    | 'fine_tuning.created'
    | 'fine_tuning.finished'
    | 'fine_tuning.failed'
    | 'fine_tuning.cancelled'
  )[];
  /** thin: what changed, with counts and a path; full: the whole job as GET shows it */
  readonly payload?: 'thin' | 'full';
  /** An empty one takes it away */
  readonly description?: string;
  readonly state?: 'enabled' | 'disabled';
};

export type RotateWebhook = {
  /** For so long deliveries carry signatures of the old secret, too */
  readonly overlap_seconds?: number;
};

export type WorkerPage = {
  readonly object: 'list';
  readonly data: readonly Worker[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
};

export type Worker = {
  readonly object: 'worker';
  readonly id: string;
  /** The model that it serves */
  readonly pool: string;
  readonly host: string;
  readonly pid: number;
  /** `lost`: not heard of for 15 s; forgotten after an hour */
  readonly state: 'starting' | 'ready' | 'busy' | 'draining' | 'lost';
  readonly started_at: string;
  /** Its last heartbeat */
  readonly seen_at: string;
  /** When somebody asked it to end */
  readonly drain_requested_at: string | null;
  /** null for a worker of an older version */
  readonly report: WorkerReport | null;
};

export type WorkerReport = {
  /** Of Pallet */
  readonly version: string;
  /** What computes the model */
  readonly provider: 'cpu' | 'webgpu' | 'cuda';
  /** Name of the processor that does; null where unknown */
  readonly device: string | null;
  /** Images that it has in its engine at once */
  readonly slots: number;
  readonly slots_in_use: number;
  readonly images_per_second: number;
  /** Written by the model */
  readonly tokens_per_second: number;
  /** 100 is one core; of supervisor and engine */
  readonly cpu_percent: number | null;
  /** Resident, of supervisor and engine */
  readonly memory_bytes: number | null;
  readonly gpu: {
    readonly name: string;
    /** How busy it is */
    readonly percent: number | null;
    /** In use, by whatever uses it */
    readonly memory_bytes: number | null;
    readonly memory_total_bytes: number | null;
  } | null;
};

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance?: string;
  readonly request_id: string;
  readonly errors?: readonly {
    readonly pointer: string;
    readonly detail: string;
    readonly code: string;
  }[];
  readonly retry_after?: number;
  /** The same as OpenAI says it, on the routes that its clients call */
  readonly error?: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
};

/** What each operation takes and answers. */

export interface Operations {
  /** Answer a file of requests, as OpenAI has it */
  createBatch: { input: { 'Idempotency-Key'?: string; body: CreateBatch }; answer: Batch };
  /** List batches, newest first */
  listBatches: {
    input: { limit?: number; cursor?: string; after?: string };
    answer: {
      readonly object: 'list';
      readonly data: readonly Batch[];
      readonly next_cursor: string | null;
      readonly has_more: boolean;
      readonly first_id: string | null;
      readonly last_id: string | null;
    };
  };
  /** Get a batch with its counts */
  getBatch: { input: { id: string }; answer: Batch };
  /** Cancel a batch; what has been answered is in its files */
  cancelBatch: { input: { id: string }; answer: Batch };
  /** Ask about one picture as OpenAI has it, and wait for the answer */
  createChatCompletion: {
    input: { body: Readonly<Record<string, unknown>> };
    answer: ChatCompletion;
  };
  /** The same, as a response of OpenAI’s */
  createResponse: { input: { body: Readonly<Record<string, unknown>> }; answer: OpenAiResponse };
  /** Say what an answer should have been */
  putCorrection: { input: { id: string; body: PutCorrection }; answer: Correction };
  /** List the corrections of a job */
  listCorrections: {
    input: { id: string; limit?: number; cursor?: string; n?: number };
    answer: CorrectionPage;
  };
  /** Take a correction back */
  deleteCorrection: { input: { id: string; n: number; task: number }; answer: void };
  /** Download the corrections of a job as lines to fine-tune on */
  exportCorrections: { input: { id: string }; answer: Response };
  /** Write the results of a job into a bucket of yours */
  createExport: { input: { id: string; body: CreateExport }; answer: Export };
  /** List exports of a job into buckets, newest first */
  listExports: { input: { id: string; limit?: number; cursor?: string }; answer: ExportPage };
  /** Get an export and how far it is */
  getExport: { input: { id: string }; answer: Export };
  /** Cancel an export: what has been uploaded of it is taken back */
  cancelExport: { input: { id: string }; answer: Export };
  /** Download the results of a job in a format of your choice */
  exportJob: {
    input: { id: string; format?: ExportFormat; partial?: 'true' | 'false' };
    answer: Response;
  };
  /** Send a `webhook.test` event */
  testWebhook: { input: { id: string; 'Idempotency-Key'?: string }; answer: WebhookDelivery };
  /** Send every event since a time that the webhook has not acknowledged */
  recoverWebhook: { input: { id: string; body: RecoverWebhook }; answer: WebhookRecovery };
  /** List what was sent to a webhook, newest first */
  listWebhookDeliveries: {
    input: {
      id: string;
      limit?: number;
      cursor?: string;
      state?: 'pending' | 'delivered' | 'failed';
    };
    answer: WebhookDeliveryPage;
  };
  /** Get a delivery with every attempt: request, answer, error */
  getWebhookDelivery: { input: { id: string; delivery: string }; answer: WebhookDeliveryLog };
  /** Send an event again, under the same id, whatever came of it */
  resendWebhookDelivery: { input: { id: string; delivery: string }; answer: WebhookDelivery };
  /** Follow all jobs, image sets and fine-tuning jobs as server-sent events */
  followEvents: { input: { 'Last-Event-ID'?: string }; answer: Response };
  /** Follow a job as server-sent events, until it has ended */
  followJob: { input: { id: string; 'Last-Event-ID'?: string }; answer: Response };
  /** Upload a file of training examples or of requests */
  createFile: { input: { body: FormData }; answer: File };
  /** List files, newest first */
  listFiles: {
    input: {
      limit?: number;
      cursor?: string;
      after?: string;
      order?: 'asc' | 'desc';
      purpose?: 'fine-tune' | 'batch' | 'vision' | 'user_data' | 'batch_output';
    };
    answer: {
      readonly object: 'list';
      readonly data: readonly File[];
      readonly next_cursor: string | null;
      readonly has_more: boolean;
      readonly first_id: string | null;
      readonly last_id: string | null;
    };
  };
  /** Get what is known of a file */
  getFile: { input: { id: string }; answer: File };
  /** Delete a file with its bytes */
  deleteFile: { input: { id: string }; answer: DeletedFile };
  /** Download a file */
  downloadFile: { input: { id: string }; answer: Response };
  /** List the checkpoints that can be trained */
  listFineTuningBases: { input: {}; answer: FineTuningBasePage };
  /** Train a base checkpoint on examples; the result becomes a model that jobs can name */
  createFineTuningJob: {
    input: { 'Idempotency-Key'?: string; body: CreateFineTuningJob };
    answer: FineTuningJob;
  };
  /** List fine-tuning jobs, newest first */
  listFineTuningJobs: {
    input: {
      limit?: number;
      cursor?: string;
      state?: 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
    };
    answer: FineTuningJobPage;
  };
  /** Get a fine-tuning job */
  getFineTuningJob: { input: { id: string }; answer: FineTuningJob };
  /** List what happened to a fine-tuning job, in order */
  listFineTuningEvents: {
    input: { id: string; limit?: number; cursor?: string; after?: number };
    answer: FineTuningEventPage;
  };
  /** List the checkpoints that are kept, newest first */
  listFineTuningCheckpoints: {
    input: { id: string; limit?: number; cursor?: string };
    answer: FineTuningCheckpointPage;
  };
  /** Download what a fine-tuning job was trained to */
  downloadFineTuningResult: { input: { id: string }; answer: Response };
  /** Cancel a fine-tuning job after the update under way, with a checkpoint */
  cancelFineTuningJob: { input: { id: string }; answer: FineTuningJob };
  /** Go on with a cancelled or failed fine-tuning job from its last checkpoint */
  resumeFineTuningJob: { input: { id: string }; answer: FineTuningJob };
  /** The process answers */
  getLiveness: { input: {}; answer: void };
  /** What requests need is there */
  getReadiness: { input: {}; answer: Readiness };
  /** Create an open image set */
  createImageSet: { input: { 'Idempotency-Key'?: string; body: CreateImageSet }; answer: ImageSet };
  /** List image sets, newest first */
  listImageSets: {
    input: { limit?: number; cursor?: string; 'If-None-Match'?: string };
    answer: ImageSetPage;
  };
  /** Get an image set */
  getImageSet: { input: { id: string; 'If-None-Match'?: string }; answer: ImageSet };
  /** Delete an image set with its bytes */
  deleteImageSet: { input: { id: string }; answer: void };
  /** Upload images, and zip, tar or tar.gz archives of images */
  uploadImages: { input: { id: string; body: FormData }; answer: UploadReport };
  /** Take images out of an open set */
  deleteImages: {
    input: { id: string; name?: string; sha256?: string; custom_id?: string };
    answer: DeletedImages;
  };
  /** Add images that were sent before, without their bytes */
  addKnownImages: { input: { id: string; body: KnownImagesRequest }; answer: KnownImages };
  /** Seal an image set: it takes no more images */
  sealImageSet: { input: { id: string }; answer: ImageSet };
  /** List the files of a set that were refused, with their reasons */
  listRefusedFiles: {
    input: { id: string; limit?: number; cursor?: string };
    answer: RefusedFilePage;
  };
  /** Import the images that a manifest names, or a bucket has */
  importImages: {
    input: { id: string; name?: string; dry_run?: 'true' | 'false'; body: Blob };
    answer: Import | ManifestCheck;
  };
  /** List imports into a set, newest first */
  listImports: { input: { id: string; limit?: number; cursor?: string }; answer: ImportPage };
  /** Get an import and how far it is */
  getImport: { input: { id: string }; answer: Import };
  /** Cancel an import: what it has brought stays, the rest is not fetched */
  cancelImport: { input: { id: string }; answer: Import };
  /** Ask tasks about every image of a set */
  createJob: { input: { 'Idempotency-Key'?: string; body: CreateJob }; answer: Job };
  /** List jobs, newest first */
  listJobs: {
    input: {
      limit?: number;
      cursor?: string;
      state?:
        | 'queued'
        | 'running'
        | 'paused'
        | 'cancelling'
        | 'completed'
        | 'cancelled'
        | readonly ('queued' | 'running' | 'paused' | 'cancelling' | 'completed' | 'cancelled')[];
      outcome?:
        | 'succeeded'
        | 'partly_failed'
        | 'failed'
        | 'expired'
        | 'cancelled'
        | readonly ('succeeded' | 'partly_failed' | 'failed' | 'expired' | 'cancelled')[];
      model?: string;
      image_set?: string;
      name?: string;
      metadata?: string | readonly string[];
      created_after?: string;
      created_before?: string;
      'If-None-Match'?: string;
    };
    answer: JobPage;
  };
  /** Get a job with its counts */
  getJob: { input: { id: string; 'If-None-Match'?: string; Prefer?: string }; answer: Job };
  /** List the items of a job that have ended, by number */
  listResults: {
    input: {
      id: string;
      limit?: number;
      cursor?: string;
      state?: 'succeeded' | 'failed' | 'cancelled';
      error_code?: string;
      image?: string;
      image_prefix?: string;
      from?: number;
    };
    answer: ResultPage;
  };
  /** Do the failed items of an ended job again; the others keep their answers */
  retryJob: { input: { id: string; 'Idempotency-Key'?: string; body: RetryJob }; answer: Job };
  /** The same for all ended jobs that a filter names, up to a limit and some seconds */
  retryJobs: { input: { body: RetryJobs }; answer: RetriedJobs };
  /** Ask more tasks about the images of an ended job; what was answered stays */
  extendJob: { input: { id: string; 'Idempotency-Key'?: string; body: ExtendJob }; answer: Job };
  /** Make a new job of this one over the same set, with changes */
  restartJob: { input: { id: string; 'Idempotency-Key'?: string; body: RestartJob }; answer: Job };
  /** List what happened to a job, oldest first */
  listJobLog: {
    input: { id: string; limit?: number; cursor?: string; level?: 'info' | 'warning' };
    answer: JobLogPage;
  };
  /** Get where the images of a job are, who works on it, and how long it may take */
  getJobProgress: { input: { id: string }; answer: JobProgress };
  /** Get how long the images of a job took, as a histogram */
  getJobLatency: { input: { id: string }; answer: JobLatency };
  /** Cancel a job; what has ended keeps its results */
  cancelJob: { input: { id: string }; answer: Job };
  /** Pause a job: nothing of it is begun until it is resumed */
  pauseJob: { input: { id: string }; answer: Job };
  /** Let a paused job go on */
  resumeJob: { input: { id: string }; answer: Job };
  /** The same as cancel of one job for all that a filter names, up to a limit */
  cancelJobs: { input: { body: MoveJobs }; answer: MovedJobs };
  /** The same as pause of one job for all that a filter names, up to a limit */
  pauseJobs: { input: { body: MoveJobs }; answer: MovedJobs };
  /** The same as resume of one job for all that a filter names, up to a limit */
  resumeJobs: { input: { body: MoveJobs }; answer: MovedJobs };
  /** Run a few images of a job without creating it, and estimate the whole */
  previewJob: { input: { Prefer?: string; body: PreviewJob }; answer: JobPreview };
  /** Make an API key of your own tenant; it is shown this once */
  createKey: { input: { body: CreateApiKey }; answer: ApiKey };
  /** List API keys, newest first, revoked ones too */
  listKeys: { input: { limit?: number; cursor?: string }; answer: ApiKeyPage };
  /** Revoke an API key, and the sessions that were opened with it */
  revokeKey: { input: { id: string }; answer: ApiKey };
  /** List models and who serves them now */
  listModels: { input: { limit?: number; cursor?: string }; answer: ModelPage };
  /** Tell that the import of a model has begun */
  createModelImport: { input: { body: CreateModelImport }; answer: ModelImport };
  /** List imports of models, newest first */
  listModelImports: { input: { limit?: number; cursor?: string }; answer: ModelImportPage };
  /** Tell how far the import of a model is, or how it ended */
  updateModelImport: { input: { id: string; body: UpdateModelImport }; answer: ModelImport };
  /** Get how far the import of a model is */
  getModelImport: { input: { id: string }; answer: ModelImport };
  /** Ask tasks about one picture and wait for the answers */
  createPrediction: { input: { Prefer?: string; body: FormData }; answer: Prediction };
  /** What of your own jobs waits, and since when */
  getQueue: { input: {}; answer: Queue };
  /** What waits in the whole system: by pool, and by tenant and priority */
  getSystemQueue: { input: {}; answer: SystemQueue };
  /** How the system did over the last 15 minutes, hour or day */
  getSeries: { input: {}; answer: Series };
  /** Begin an upload in parts: a large picture or an archive, resumable */
  createUpload: {
    input: { id: string; 'Idempotency-Key'?: string; body: CreateUpload };
    answer: Upload;
  };
  /** Get an upload */
  getUpload: { input: { id: string }; answer: Upload };
  /** Give an open upload up */
  abortUpload: { input: { id: string }; answer: void };
  /** List the parts that are there */
  listUploadParts: { input: { id: string }; answer: UploadParts };
  /** Get the URLs that parts are PUT to */
  createPartUrls: { input: { id: string; body: PartUrlsRequest }; answer: PartUrls };
  /** Say that all parts are there: pictures are made of them */
  completeUpload: { input: { id: string }; answer: Upload };
  /** Get a small upright copy of an image, without its metadata */
  getThumbnail: { input: { id: string; n: number; edge?: '320' | '1600' }; answer: Response };
  /** Sign a browser in: an API key becomes a session cookie */
  createSession: { input: { body: CreateSession }; answer: Session };
  /** Who asks, and what it may do */
  getSession: { input: {}; answer: Session };
  /** Sign the browser out */
  deleteSession: { input: {}; answer: void };
  /** What is stored and what waits, and how much may */
  getUsage: { input: {}; answer: Usage };
  /** Register an address that is told of events; its secret is shown this once */
  createWebhook: { input: { 'Idempotency-Key'?: string; body: CreateWebhook }; answer: Webhook };
  /** List webhooks, newest first */
  listWebhooks: { input: { limit?: number; cursor?: string; job?: string }; answer: WebhookPage };
  /** Get a webhook */
  getWebhook: { input: { id: string }; answer: Webhook };
  /** Change a webhook, switch it off or on again */
  updateWebhook: { input: { id: string; body: UpdateWebhook }; answer: Webhook };
  /** Remove a webhook with its log; nothing is sent to it any more */
  deleteWebhook: { input: { id: string }; answer: void };
  /** Give a webhook its next secret, shown this once */
  rotateWebhookSecret: {
    input: { id: string; 'Idempotency-Key'?: string; body: RotateWebhook };
    answer: Webhook;
  };
  /** Workers and what they do, newest first */
  listWorkers: { input: { limit?: number; cursor?: string }; answer: WorkerPage };
  /** Ask a worker to end: it takes nothing new, and gives back what it cannot finish */
  drainWorker: { input: { id: string }; answer: Worker };
}

/** How each operation is sent, and what its answer holds. */

export const OPERATIONS = {
  createBatch: {
    method: 'POST',
    path: '/v1/batches',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  listBatches: {
    method: 'GET',
    path: '/v1/batches',
    query: ['limit', 'cursor', 'after'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getBatch: {
    method: 'GET',
    path: '/v1/batches/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  cancelBatch: {
    method: 'POST',
    path: '/v1/batches/{id}/cancel',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createChatCompletion: {
    method: 'POST',
    path: '/v1/chat/completions',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  createResponse: {
    method: 'POST',
    path: '/v1/responses',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  putCorrection: {
    method: 'PUT',
    path: '/v1/jobs/{id}/corrections',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  listCorrections: {
    method: 'GET',
    path: '/v1/jobs/{id}/corrections',
    query: ['limit', 'cursor', 'n'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  deleteCorrection: {
    method: 'DELETE',
    path: '/v1/jobs/{id}/corrections',
    query: ['n', 'task'],
    header: [],
    sends: 'nothing',
    answers: 'nothing',
  },
  exportCorrections: {
    method: 'GET',
    path: '/v1/jobs/{id}/corrections/lines',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'response',
  },
  createExport: {
    method: 'POST',
    path: '/v1/jobs/{id}/exports',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  listExports: {
    method: 'GET',
    path: '/v1/jobs/{id}/exports',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getExport: {
    method: 'GET',
    path: '/v1/exports/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  cancelExport: {
    method: 'POST',
    path: '/v1/exports/{id}/cancel',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  exportJob: {
    method: 'GET',
    path: '/v1/jobs/{id}/export',
    query: ['format', 'partial'],
    header: [],
    sends: 'nothing',
    answers: 'response',
  },
  testWebhook: {
    method: 'POST',
    path: '/v1/webhooks/{id}/test',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'nothing',
    answers: 'json',
  },
  recoverWebhook: {
    method: 'POST',
    path: '/v1/webhooks/{id}/recover',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  listWebhookDeliveries: {
    method: 'GET',
    path: '/v1/webhooks/{id}/deliveries',
    query: ['limit', 'cursor', 'state'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getWebhookDelivery: {
    method: 'GET',
    path: '/v1/webhooks/{id}/deliveries/{delivery}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  resendWebhookDelivery: {
    method: 'POST',
    path: '/v1/webhooks/{id}/deliveries/{delivery}/resend',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  followEvents: {
    method: 'GET',
    path: '/v1/events',
    query: [],
    header: ['Last-Event-ID'],
    sends: 'nothing',
    answers: 'response',
  },
  followJob: {
    method: 'GET',
    path: '/v1/jobs/{id}/events',
    query: [],
    header: ['Last-Event-ID'],
    sends: 'nothing',
    answers: 'response',
  },
  createFile: {
    method: 'POST',
    path: '/v1/files',
    query: [],
    header: [],
    sends: 'form',
    answers: 'json',
  },
  listFiles: {
    method: 'GET',
    path: '/v1/files',
    query: ['limit', 'cursor', 'after', 'order', 'purpose'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getFile: {
    method: 'GET',
    path: '/v1/files/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  deleteFile: {
    method: 'DELETE',
    path: '/v1/files/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  downloadFile: {
    method: 'GET',
    path: '/v1/files/{id}/content',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'response',
  },
  listFineTuningBases: {
    method: 'GET',
    path: '/v1/fine-tuning/bases',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createFineTuningJob: {
    method: 'POST',
    path: '/v1/fine-tuning/jobs',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  listFineTuningJobs: {
    method: 'GET',
    path: '/v1/fine-tuning/jobs',
    query: ['limit', 'cursor', 'state'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getFineTuningJob: {
    method: 'GET',
    path: '/v1/fine-tuning/jobs/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  listFineTuningEvents: {
    method: 'GET',
    path: '/v1/fine-tuning/jobs/{id}/events',
    query: ['limit', 'cursor', 'after'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  listFineTuningCheckpoints: {
    method: 'GET',
    path: '/v1/fine-tuning/jobs/{id}/checkpoints',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  downloadFineTuningResult: {
    method: 'GET',
    path: '/v1/fine-tuning/jobs/{id}/result',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'response',
  },
  cancelFineTuningJob: {
    method: 'POST',
    path: '/v1/fine-tuning/jobs/{id}/cancel',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  resumeFineTuningJob: {
    method: 'POST',
    path: '/v1/fine-tuning/jobs/{id}/resume',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getLiveness: {
    method: 'GET',
    path: '/health/live',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'nothing',
  },
  getReadiness: {
    method: 'GET',
    path: '/health/ready',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createImageSet: {
    method: 'POST',
    path: '/v1/image-sets',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  listImageSets: {
    method: 'GET',
    path: '/v1/image-sets',
    query: ['limit', 'cursor'],
    header: ['If-None-Match'],
    sends: 'nothing',
    answers: 'json',
  },
  getImageSet: {
    method: 'GET',
    path: '/v1/image-sets/{id}',
    query: [],
    header: ['If-None-Match'],
    sends: 'nothing',
    answers: 'json',
  },
  deleteImageSet: {
    method: 'DELETE',
    path: '/v1/image-sets/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'nothing',
  },
  uploadImages: {
    method: 'POST',
    path: '/v1/image-sets/{id}/images',
    query: [],
    header: [],
    sends: 'form',
    answers: 'json',
  },
  deleteImages: {
    method: 'DELETE',
    path: '/v1/image-sets/{id}/images',
    query: ['name', 'sha256', 'custom_id'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  addKnownImages: {
    method: 'POST',
    path: '/v1/image-sets/{id}/images/known',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  sealImageSet: {
    method: 'POST',
    path: '/v1/image-sets/{id}/seal',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  listRefusedFiles: {
    method: 'GET',
    path: '/v1/image-sets/{id}/refused',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  importImages: {
    method: 'POST',
    path: '/v1/image-sets/{id}/imports',
    query: ['name', 'dry_run'],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  listImports: {
    method: 'GET',
    path: '/v1/image-sets/{id}/imports',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getImport: {
    method: 'GET',
    path: '/v1/imports/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  cancelImport: {
    method: 'POST',
    path: '/v1/imports/{id}/cancel',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createJob: {
    method: 'POST',
    path: '/v1/jobs',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    query: [
      'limit',
      'cursor',
      'state',
      'outcome',
      'model',
      'image_set',
      'name',
      'metadata',
      'created_after',
      'created_before',
    ],
    header: ['If-None-Match'],
    sends: 'nothing',
    answers: 'json',
  },
  getJob: {
    method: 'GET',
    path: '/v1/jobs/{id}',
    query: [],
    header: ['If-None-Match', 'Prefer'],
    sends: 'nothing',
    answers: 'json',
  },
  listResults: {
    method: 'GET',
    path: '/v1/jobs/{id}/results',
    query: ['limit', 'cursor', 'state', 'error_code', 'image', 'image_prefix', 'from'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  retryJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/retry',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  retryJobs: {
    method: 'POST',
    path: '/v1/jobs/retry',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  extendJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/extend',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  restartJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/restart',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  listJobLog: {
    method: 'GET',
    path: '/v1/jobs/{id}/log',
    query: ['limit', 'cursor', 'level'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getJobProgress: {
    method: 'GET',
    path: '/v1/jobs/{id}/progress',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getJobLatency: {
    method: 'GET',
    path: '/v1/jobs/{id}/latency',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  cancelJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/cancel',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  pauseJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/pause',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  resumeJob: {
    method: 'POST',
    path: '/v1/jobs/{id}/resume',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  cancelJobs: {
    method: 'POST',
    path: '/v1/jobs/cancel',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  pauseJobs: {
    method: 'POST',
    path: '/v1/jobs/pause',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  resumeJobs: {
    method: 'POST',
    path: '/v1/jobs/resume',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  previewJob: {
    method: 'POST',
    path: '/v1/jobs/preview',
    query: [],
    header: ['Prefer'],
    sends: 'json',
    answers: 'json',
  },
  createKey: {
    method: 'POST',
    path: '/v1/api-keys',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  listKeys: {
    method: 'GET',
    path: '/v1/api-keys',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  revokeKey: {
    method: 'DELETE',
    path: '/v1/api-keys/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  listModels: {
    method: 'GET',
    path: '/v1/models',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createModelImport: {
    method: 'POST',
    path: '/v1/model-imports',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  listModelImports: {
    method: 'GET',
    path: '/v1/model-imports',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  updateModelImport: {
    method: 'PATCH',
    path: '/v1/model-imports/{id}',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  getModelImport: {
    method: 'GET',
    path: '/v1/model-imports/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createPrediction: {
    method: 'POST',
    path: '/v1/predictions',
    query: [],
    header: ['Prefer'],
    sends: 'form',
    answers: 'json',
  },
  getQueue: {
    method: 'GET',
    path: '/v1/queue',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getSystemQueue: {
    method: 'GET',
    path: '/v1/operate/queue',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getSeries: {
    method: 'GET',
    path: '/v1/operate/series',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createUpload: {
    method: 'POST',
    path: '/v1/image-sets/{id}/uploads',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  getUpload: {
    method: 'GET',
    path: '/v1/uploads/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  abortUpload: {
    method: 'DELETE',
    path: '/v1/uploads/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'nothing',
  },
  listUploadParts: {
    method: 'GET',
    path: '/v1/uploads/{id}/parts',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createPartUrls: {
    method: 'POST',
    path: '/v1/uploads/{id}/parts',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  completeUpload: {
    method: 'POST',
    path: '/v1/uploads/{id}/complete',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getThumbnail: {
    method: 'GET',
    path: '/v1/image-sets/{id}/thumbnail',
    query: ['n', 'edge'],
    header: [],
    sends: 'nothing',
    answers: 'response',
  },
  createSession: {
    method: 'POST',
    path: '/v1/sessions',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  getSession: {
    method: 'GET',
    path: '/v1/session',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  deleteSession: {
    method: 'DELETE',
    path: '/v1/session',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'nothing',
  },
  getUsage: {
    method: 'GET',
    path: '/v1/usage',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  createWebhook: {
    method: 'POST',
    path: '/v1/webhooks',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  listWebhooks: {
    method: 'GET',
    path: '/v1/webhooks',
    query: ['limit', 'cursor', 'job'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  getWebhook: {
    method: 'GET',
    path: '/v1/webhooks/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  updateWebhook: {
    method: 'PATCH',
    path: '/v1/webhooks/{id}',
    query: [],
    header: [],
    sends: 'json',
    answers: 'json',
  },
  deleteWebhook: {
    method: 'DELETE',
    path: '/v1/webhooks/{id}',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'nothing',
  },
  rotateWebhookSecret: {
    method: 'POST',
    path: '/v1/webhooks/{id}/rotate',
    query: [],
    header: ['Idempotency-Key'],
    sends: 'json',
    answers: 'json',
  },
  listWorkers: {
    method: 'GET',
    path: '/v1/operate/workers',
    query: ['limit', 'cursor'],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
  drainWorker: {
    method: 'POST',
    path: '/v1/operate/workers/{id}/drain',
    query: [],
    header: [],
    sends: 'nothing',
    answers: 'json',
  },
} as const;
