import type { CreateFineTuning } from '#contracts';

/** `tower` is missing: it learns from points of pictures, which are no lines that a server reads. */
export const METHODS = {
  lora: { title: 'Adapter (LoRA)', does: 'Small pairs of weights beside those that there are.' },
  text: { title: 'Text model', does: 'Every weight of it; pictures are seen as before.' },
  full: { title: 'Full', does: 'Every weight.' },
} as const;
export type Method = keyof typeof METHODS;
export const METHOD_NAMES = ['lora', 'text', 'full'] as const satisfies readonly Method[];

export const PRECISIONS = ['int8', 'int4', 'f16', 'f32'] as const;

/** What the API takes for what is left empty; a test holds it against the contract. */
export const DEFAULTS = {
  epochs: 3,
  batch_size: 8,
  text_tokens: 128,
  rank: 16,
  learning_rate: { lora: 0.0001, text: 0.00001, full: 0.00001 },
} as const;

/** Numbers as they were typed; an empty one takes the API's default. */
export interface RunDraft {
  readonly model: string;
  readonly method: Method;
  readonly rank: string;
  readonly epochs: string;
  readonly batch_size: string;
  readonly learning_rate: string;
  readonly text_tokens: string;
  readonly precision: (typeof PRECISIONS)[number];
  readonly suffix: string;
}

export const EMPTY_DRAFT: RunDraft = {
  model: '',
  method: 'lora',
  rank: '',
  epochs: '',
  batch_size: '',
  learning_rate: '',
  text_tokens: '',
  precision: 'int8',
  suffix: '',
};

/** Of a few examples that are counted the API's batch would be more than all: then an update takes them all. */
export const batchOf = (examples: number | undefined): number =>
  Math.max(1, Math.min(DEFAULTS.batch_size, examples ?? DEFAULTS.batch_size));

type Data = Pick<CreateFineTuning, 'training_file' | 'validation_file' | 'image_set' | 'seal'>;

/** Body of the request. What was typed and is no number goes as it is: the API says what is wrong with it. */
export function orderOf(draft: RunDraft, data: Data): object {
  const { method: type, rank, epochs, batch_size, learning_rate, text_tokens } = draft;
  const suffix = draft.suffix.trim();
  return {
    ...data,
    model: draft.model,
    method: type === 'lora' ? { type, rank: numberOf(rank) } : { type },
    hyperparameters: {
      epochs: numberOf(epochs),
      batch_size: numberOf(batch_size),
      learning_rate: numberOf(learning_rate),
      text_tokens: numberOf(text_tokens),
    },
    precision: draft.precision,
    ...(suffix !== '' && { suffix }),
  };
}

function numberOf(text: string): number | string | undefined {
  const typed = text.trim();
  if (typed === '') return undefined;
  const number = Number(typed);
  return Number.isFinite(number) ? number : typed;
}
