import type { TuningPlan } from './tuning-method.js';

/** What a training host is asked to do: train, and perhaps make a model of what came out. */
export interface TrainingOrder {
  /** Folder of the base checkpoint. */
  readonly base: string;
  /** Files of lines; images are paths relative to them. */
  readonly data: string;
  readonly validation?: string;
  /** Folder of the run. One that has checkpoints is resumed. */
  readonly output: string;
  readonly plan: TuningPlan;
  readonly threads?: number;
  /** Where each checkpoint is laid aside, so that its owner may read it while the training goes on. */
  readonly snapshots?: string;
  /** What to make of the result. */
  readonly publish?: ModelOrder;
}

export interface ModelOrder {
  /** A folder of models, as `pallet models` keeps it. */
  readonly models: string;
  readonly name: string;
  readonly precision: 'f32' | 'f16' | 'int8' | 'int4';
}

/** What became of it; `family` and `imageSize` are what jobs need to know of a model. */
export interface PublishedModel {
  readonly name: string;
  readonly directory: string;
  readonly family: string;
  readonly imageSize: number;
}

/** What a run says while it goes. `step` counts updates from 1. */
export type TrainingProgress =
  | {
      readonly kind: 'started';
      readonly examples: number;
      readonly steps: number;
      /** Updates that an earlier start of this run has done. */
      readonly resumedAt: number;
      readonly trainedParameters: number;
    }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly gradientNorm: number;
      readonly examplesPerSecond: number;
    }
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly loss: number;
      /** By task and metric: `caption.exact_match`, `detect.f1` ... */
      readonly metrics: Readonly<Record<string, number>>;
      /** Why there are no metrics, for people. */
      readonly note?: string;
    }
  /** `folder` is that of the snapshot when snapshots were asked for. */
  | { readonly kind: 'checkpoint'; readonly step: number; readonly folder: string }
  | { readonly kind: 'finished'; readonly step: number; readonly result: string }
  | { readonly kind: 'stopped'; readonly step: number };

export interface TrainingFailure {
  readonly code: string;
  readonly detail: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

export type ToTrainingHost =
  | { readonly type: 'train'; readonly order: TrainingOrder }
  /** Ends after the update under way, with a checkpoint. */
  | { readonly type: 'stop' };

export type FromTrainingHost =
  | { readonly type: 'ready' }
  | { readonly type: 'alive' }
  | { readonly type: 'progress'; readonly progress: TrainingProgress }
  | { readonly type: 'importing'; readonly bytes: number; readonly total: number }
  | {
      readonly type: 'ended';
      readonly end: 'finished' | 'stopped';
      readonly step: number;
      readonly result?: string;
      readonly model?: PublishedModel;
    }
  | { readonly type: 'failed'; readonly failure: TrainingFailure };
