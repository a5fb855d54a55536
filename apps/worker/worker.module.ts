import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
} from '@nestjs/common';
import { Supervisor } from './supervisor/supervisor.js';

const DRAIN_TIMEOUT_MS = Symbol('DrainTimeoutMs');

/** Ties the supervisor's life to the application's: closing the application drains the worker. */
@Injectable()
export class WorkerService implements BeforeApplicationShutdown {
  constructor(
    private readonly supervisor: Supervisor,
    @Inject(DRAIN_TIMEOUT_MS) private readonly drainTimeoutMs: number,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.supervisor.drain(this.drainTimeoutMs);
  }
}

@Module({})
export class WorkerModule {
  static with(supervisor: Supervisor, drainTimeoutMs: number): DynamicModule {
    return {
      module: WorkerModule,
      providers: [
        { provide: Supervisor, useValue: supervisor },
        { provide: DRAIN_TIMEOUT_MS, useValue: drainTimeoutMs },
        WorkerService,
      ],
    };
  }
}
