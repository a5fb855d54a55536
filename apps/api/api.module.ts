import { Module, StandardSchemaValidationPipe, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AuthGuard } from './auth/auth.guard.js';
import { AutoscalingController } from './autoscaling/autoscaling.controller.js';
import { ChangeHub } from './events/change-hub.js';
import { EventController } from './events/event.controller.js';
import { EventService } from './events/event.service.js';
import { BatchController } from './batches/batch.controller.js';
import { BatchService } from './batches/batch.service.js';
import { CompletionController } from './completions/completion.controller.js';
import { CompletionService } from './completions/completion.service.js';
import { BucketExportController } from './exports/bucket-export.controller.js';
import { BucketExportService } from './exports/bucket-export.service.js';
import { CorrectionController } from './corrections/correction.controller.js';
import { CorrectionService } from './corrections/correction.service.js';
import { ExportController } from './exports/export.controller.js';
import { ExportService } from './exports/export.service.js';
import { FeedAfterCommit } from './feed/feed-after-commit.js';
import { FileController } from './files/file.controller.js';
import { FileService } from './files/file.service.js';
import { FineTuningBaseController } from './fine-tuning/fine-tuning-base.controller.js';
import { FineTuningController } from './fine-tuning/fine-tuning.controller.js';
import { FineTuningService } from './fine-tuning/fine-tuning.service.js';
import { HealthController } from './health/health.controller.js';
import { ImageSetController } from './image-sets/image-set.controller.js';
import { ImageSetService } from './image-sets/image-set.service.js';
import { ImportController } from './imports/import.controller.js';
import { ImportService } from './imports/import.service.js';
import { UploadService } from './intake/upload.service.js';
import { JobPreviewController } from './job-previews/job-preview.controller.js';
import { JobPreviewService } from './job-previews/job-preview.service.js';
import { JobController } from './jobs/job.controller.js';
import { JobAgainController } from './jobs/job-again.controller.js';
import { JobAgainService } from './jobs/job-again.service.js';
import { RetryJobsService } from './jobs/retry-jobs.service.js';
import { JobLogController } from './jobs/job-log.controller.js';
import { JobMoveController } from './jobs/job-move.controller.js';
import { JobMoveService } from './jobs/job-move.service.js';
import { JobWaitService } from './jobs/job-wait.service.js';
import { JobService } from './jobs/job.service.js';
import { KeyController } from './keys/key.controller.js';
import { ModelController } from './models/model.controller.js';
import { ModelImportController } from './models/model-import.controller.js';
import { OPENAPI_DOCUMENT, OpenApiController } from './openapi/openapi.controller.js';
import { API_PARTS, type ApiParts } from './parts.js';
import { PredictionController } from './predictions/prediction.controller.js';
import { PredictionService } from './predictions/prediction.service.js';
import { ThumbnailController } from './thumbnails/thumbnail.controller.js';
import { ThumbnailService } from './thumbnails/thumbnail.service.js';
import { ProblemFilter } from './problem/problem.filter.js';
import { RequestInvalidError } from './problem/request-invalid.js';
import { ResumableUploadController } from './resumable-uploads/resumable-upload.controller.js';
import { ResumableUploadService } from './resumable-uploads/resumable-upload.service.js';
import { DeliveryController } from './webhooks/delivery.controller.js';
import { DeliveryService } from './webhooks/delivery.service.js';
import { OutgoingUrls } from './webhooks/outgoing-urls.js';
import { SessionController } from './sessions/session.controller.js';
import { QueueController } from './queue/queue.controller.js';
import { SystemQueueController } from './queue/system-queue.controller.js';
import { RateLimitGuard } from './rate-limit/rate-limit.guard.js';
import { UsageController } from './usage/usage.controller.js';
import { TenantController } from './tenants/tenant.controller.js';
import { WorkerController } from './workers/worker.controller.js';
import { WebhookController } from './webhooks/webhook.controller.js';
import { WebhookSecrets } from './webhooks/webhook-secrets.js';
import { WebhookService } from './webhooks/webhook.service.js';

const validation = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => RequestInvalidError.from(issues),
});

@Module({})
export class ApiModule {
  static with(parts: ApiParts): DynamicModule {
    return {
      module: ApiModule,
      controllers: [
        BatchController,
        CompletionController,
        CorrectionController,
        AutoscalingController,
        BucketExportController,
        ExportController,
        DeliveryController,
        EventController,
        FileController,
        FineTuningBaseController,
        FineTuningController,
        HealthController,
        ImageSetController,
        ImportController,
        JobController,
        JobAgainController,
        JobLogController,
        JobMoveController,
        JobPreviewController,
        KeyController,
        ModelController,
        ModelImportController,
        OpenApiController,
        PredictionController,
        QueueController,
        SystemQueueController,
        ResumableUploadController,
        ThumbnailController,
        SessionController,
        UsageController,
        TenantController,
        WebhookController,
        WorkerController,
      ],
      providers: [
        { provide: API_PARTS, useValue: parts },
        { provide: OPENAPI_DOCUMENT, useValue: {} },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_PIPE, useValue: validation },
        ChangeHub,
        EventService,
        BatchService,
        CompletionService,
        BucketExportService,
        CorrectionService,
        ExportService,
        DeliveryService,
        FeedAfterCommit,
        FileService,
        FineTuningService,
        ImageSetService,
        ImportService,
        JobService,
        JobAgainService,
        RetryJobsService,
        JobMoveService,
        JobWaitService,
        JobPreviewService,
        OutgoingUrls,
        WebhookSecrets,
        PredictionService,
        ResumableUploadService,
        ThumbnailService,
        UploadService,
        WebhookService,
      ],
    };
  }
}
