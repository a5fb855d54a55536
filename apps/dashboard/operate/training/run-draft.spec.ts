import { describe, expect, it } from 'vitest';
import { completePlan, createFineTuningSchema } from '#contracts';
import { batchOf, DEFAULTS, EMPTY_DRAFT, METHOD_NAMES, orderOf, PRECISIONS } from './run-draft';

const file = `file_${'0'.repeat(32)}`;
const data = { training_file: file, seal: false };
const parse = (draft: Partial<typeof EMPTY_DRAFT>) => {
  const order = orderOf({ ...EMPTY_DRAFT, model: 'tiny', ...draft }, data);
  // As it travels: what is undefined does not.
  return createFineTuningSchema.safeParse(JSON.parse(JSON.stringify(order)));
};

describe('the order of a run', () => {
  it.each(METHOD_NAMES)('takes the defaults that the form says: %s', (method) => {
    const ordered = parse({ method }).data!;
    const plan = completePlan(ordered);
    const { epochs, batch_size, text_tokens } = DEFAULTS;
    expect(plan.hyperparameters).toMatchObject({ epochs, batch_size, text_tokens });
    expect(plan.hyperparameters.learning_rate).toBe(DEFAULTS.learning_rate[method]);
    expect(ordered.precision).toBe(EMPTY_DRAFT.precision);
    if (plan.method.type === 'lora') expect(plan.method.rank).toBe(DEFAULTS.rank);
  });

  it('takes no more examples at once than there are', () => {
    expect([undefined, 0, 2, 8, 9].map(batchOf)).toEqual([8, 1, 2, 8, 8]);
  });

  it('says what was typed', () => {
    const typed = {
      rank: ' 4',
      epochs: '20',
      batch_size: '1',
      learning_rate: '2e-3',
      text_tokens: '64',
      suffix: ' boats ',
    };
    for (const precision of PRECISIONS) {
      expect(parse({ ...typed, precision }).data).toMatchObject({
        model: 'tiny',
        training_file: file,
        method: { type: 'lora', rank: 4 },
        hyperparameters: { epochs: 20, batch_size: 1, learning_rate: 0.002, text_tokens: 64 },
        suffix: 'boats',
        precision,
      });
    }
  });

  it('leaves to the API what is no number, which then names the field', () => {
    const { error } = parse({ epochs: 'many', rank: '1.5', suffix: 'Two Words' });
    expect(error?.issues.map(({ path }) => path.join('/')).toSorted()).toEqual([
      'hyperparameters/epochs',
      'method/rank',
      'suffix',
    ]);
  });
});
