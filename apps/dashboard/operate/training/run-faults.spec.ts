import { describe, expect, it } from 'vitest';
import { ProblemError, SilenceError } from '../../client/request';
import { FieldError, faultsOf } from './run-faults';

const problem = (code: string, detail: string, pointers?: readonly string[]) =>
  new ProblemError({
    type: `urn:pallet:problem:${code}`,
    title: 'Error',
    status: 400,
    detail,
    code,
    request_id: 'r',
    ...(pointers && {
      errors: pointers.map((pointer) => ({ pointer, detail: `wrong ${pointer}`, code: 'invalid' })),
    }),
  });

const explained = (fields: object) => ({ fields, isExplained: true });

describe('why a run was not begun', () => {
  it('is said beside the fields that the API points at', () => {
    const pointers = ['/hyperparameters/epochs', '/method/rank'];
    const { fields, isExplained } = faultsOf(problem('request.invalid', 'two', pointers));
    expect(Object.keys(fields).toSorted()).toEqual(pointers);
    expect(fields['/method/rank']).toMatchObject({ code: 'invalid', detail: 'wrong /method/rank' });
    expect(isExplained).toBe(true);
  });

  it.each([
    ['tuning.unknown_base', '/model'],
    ['tuning.no_trainer', '/model'],
    ['set.open', '/image_set'],
    ['set.not_found', '/image_set'],
    ['file.wrong_purpose', '/training_file'],
  ])('%s is said beside %s', (code, pointer) => {
    expect(faultsOf(problem(code, 'why'))).toEqual(
      explained({ [pointer]: { code, detail: 'why' } }),
    );
  });

  it('is said beside the file that it names, or that was not taken', () => {
    const gone = problem('file.not_found', 'No file file_2 is known to this API key.');
    expect(Object.keys(faultsOf(gone, 'file_2').fields)).toEqual(['/validation_file']);
    expect(Object.keys(faultsOf(gone, 'file_3').fields)).toEqual(['/training_file']);
    const large = new FieldError('/validation_file', problem('file.too_large', 'too large'));
    const fault = { code: 'file.too_large', detail: 'too large' };
    expect(faultsOf(large)).toEqual(explained({ '/validation_file': fault }));
  });

  it('is said below the form when it is about no field of it', () => {
    const silence = new SilenceError();
    const errors = [
      problem('database.full', 'full'),
      problem('request.invalid', 'metadata', ['/metadata/a']),
      silence,
      new FieldError('/training_file', silence),
      null,
    ];
    for (const error of errors) expect(faultsOf(error)).toEqual({ fields: {}, isExplained: false });
  });
});
