import type { Problem } from '#contracts';
import { ProblemError } from '../../client/request';
import type { FieldFault } from '../../parts/field';

/** Fields of the form, as JSON pointers into the body of the request. */
const POINTERS = [
  '/model',
  '/training_file',
  '/validation_file',
  '/image_set',
  '/method/rank',
  '/hyperparameters/epochs',
  '/hyperparameters/batch_size',
  '/hyperparameters/learning_rate',
  '/hyperparameters/text_tokens',
  '/precision',
  '/suffix',
] as const;
export type Pointer = (typeof POINTERS)[number];

/** A refusal of what had to be done before the order itself: a file was not taken. */
export class FieldError extends Error {
  constructor(
    readonly pointer: Pointer,
    readonly refusal: unknown,
  ) {
    super(refusal instanceof Error ? refusal.message : String(refusal));
  }
}

/** Fields that a refusal is about though it points at none, by the beginning of its code. */
const FIELD_OF_CODE: readonly (readonly [string, Pointer])[] = [
  ['tuning.unknown_base', '/model'],
  ['tuning.no_trainer', '/model'],
  ['set.', '/image_set'],
];

export interface RunFaults {
  /** What is said beside each field. */
  readonly fields: Readonly<Partial<Record<Pointer, FieldFault>>>;
  /** Nothing is left to say: fields say all of it. */
  readonly isExplained: boolean;
}

const UNPLACED: RunFaults = { fields: {}, isExplained: false };
const at = (pointer: Pointer, { code, detail }: FieldFault): RunFaults => ({
  fields: { [pointer]: { code, detail } },
  isExplained: true,
});

/** Input: why a run was not begun; id of the file that is held out, if it was there before. */
export function faultsOf(error: Error | null, validationFile?: string): RunFaults {
  if (error instanceof FieldError) {
    const { refusal, pointer } = error;
    return refusal instanceof ProblemError ? at(pointer, refusal.problem) : UNPLACED;
  }
  if (!(error instanceof ProblemError)) return UNPLACED;
  const { problem } = error;
  if (problem.errors !== undefined) return pointedAt(problem.errors);
  if (problem.code.startsWith('file.')) {
    // The detail names the file by its id; of two it is the one or the other.
    const isHeldOut = validationFile !== undefined && problem.detail.includes(validationFile);
    return at(isHeldOut ? '/validation_file' : '/training_file', problem);
  }
  const field = FIELD_OF_CODE.find(([begin]) => problem.code.startsWith(begin))?.[1];
  return field === undefined ? UNPLACED : at(field, problem);
}

function pointedAt(errors: NonNullable<Problem['errors']>): RunFaults {
  const placed = POINTERS.flatMap((pointer) => {
    const found = errors.find((each) => each.pointer === pointer);
    return found === undefined ? [] : [[pointer, found] as const];
  });
  const pointers: readonly string[] = POINTERS;
  return {
    fields: Object.fromEntries(placed),
    isExplained: errors.every(({ pointer }) => pointers.includes(pointer)),
  };
}
