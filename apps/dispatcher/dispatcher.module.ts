import { Module, type DynamicModule } from '@nestjs/common';
import { AssembleService } from './assemble/assemble.service.js';
import { BatchService } from './batches/batch.service.js';
import { DISPATCHER_PARTS, type DispatcherParts } from './dispatcher-parts.js';
import { ExportService } from './export/export.service.js';
import { FeedService } from './feed/feed.service.js';
import { ImportService } from './import/import.service.js';
import { NotifyService } from './notify/notify.service.js';
import { PodService } from './pods/pod.service.js';
import { SampleService } from './samples/sample.service.js';
import { SweepService } from './sweep/sweep.service.js';

@Module({})
export class DispatcherModule {
  static with(parts: DispatcherParts): DynamicModule {
    return {
      module: DispatcherModule,
      providers: [
        { provide: DISPATCHER_PARTS, useValue: parts },
        AssembleService,
        BatchService,
        ExportService,
        FeedService,
        ImportService,
        NotifyService,
        PodService,
        SampleService,
        SweepService,
      ],
    };
  }
}
