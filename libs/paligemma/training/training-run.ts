import type { TrainingProgress } from '#contracts';
import type { Recipe } from './recipe.js';

export interface TrainingOptions {
  /** Folder of the base: a Hugging Face checkpoint (f32, f16, bf16). Engine folders of int8 or int4 cannot be trained. */
  readonly base: string;
  /** A file of lines `{"image","prefix","suffix"}`; images are paths relative to it. */
  readonly data: string;
  /** The same, held out. Without it nothing is evaluated. */
  readonly validation?: string;
  /**
   * Folder of the run: `recipe.json`, `log.jsonl`, `plot.svg`, `checkpoints/STEP/`, `evaluated/` (the model of the last
   * evaluation), `result/`. One that has checkpoints is resumed.
   */
  readonly output: string;
  readonly recipe: Recipe;
  /** Ends after the update under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Threads of one operator. Default: the runtime's choice, one per core. */
  readonly threads?: number;
}

/** What a run says while it goes: each is a line of `log.jsonl` as well. */
export type TrainingEvent = TrainingProgress;

export interface TrainingOutcome {
  readonly end: 'finished' | 'stopped';
  readonly step: number;
  /**
   * When finished. Full and text tuning: a Hugging Face checkpoint. LoRA: an adapter in PEFT's format; with
   * its base it is what `importCheckpoint` takes.
   */
  readonly result: string | undefined;
}

/** Errors: `training.bad_data` (each bad line by its number), `training.bad_recipe`, `training.other_run`, `checkpoint.*`. */
export type Train = (options: TrainingOptions) => Promise<TrainingOutcome>;
