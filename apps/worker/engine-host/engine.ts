import type { HostModel, HostResult, Task } from '#contracts';

/** What the engine host runs. The module named by ENGINE_MODULE exports `openEngine`. */
export interface AnalysisEngine {
  readonly model: HostModel;
  /**
   * Answers every task for one image.
   * Errors: an `AppError` when the image or a task is at fault; anything else ends the host.
   */
  analyse(request: AnalysisRequest): Promise<HostResult>;
  close(): Promise<void>;
}

export interface AnalysisRequest {
  readonly bytes: Uint8Array;
  readonly tasks: readonly Task[];
  readonly interactive: boolean;
  readonly signal: AbortSignal;
}

export interface EngineOptions {
  readonly modelDirectory: string;
  /** Sequences that decode together; the supervisor sends about as many images ahead. */
  readonly slots: number;
  /** What computes the model. */
  readonly provider: 'cpu' | 'webgpu' | 'cuda';
  /** Most pixels of one image. */
  readonly imagePixels: number;
}

export type OpenEngine = (options: EngineOptions) => Promise<AnalysisEngine>;
