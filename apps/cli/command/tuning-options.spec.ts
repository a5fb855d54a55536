import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { completePlan, hyperparametersSchema } from '#contracts';
import { addTuningOptions, readTuningPlan, type TuningFlags } from './tuning-options.js';

const planOf = (...args: string[]) => {
  const command = addTuningOptions(new Command('train')).exitOverride();
  return readTuningPlan(command.parse(args, { from: 'user' }).opts<TuningFlags>());
};

describe('options of a training', () => {
  it('are the defaults of the API when none is given', () => {
    const plan = planOf();
    expect(plan).toMatchObject({ method: { type: 'lora', rank: 16, dropout: 0 }, seed: 0 });
    expect(plan.hyperparameters).toEqual(hyperparametersSchema.parse({}));
    expect(completePlan(plan)).toMatchObject({
      method: { alpha: 32 },
      hyperparameters: { learning_rate: 1e-4 },
    });
  });

  it('reach every hyperparameter', () => {
    const { hyperparameters } = planOf(
      '--batch-size=4',
      '--learning-rate=3e-4',
      '--clip-norm=none',
      '--recompute=false',
      '--loss-mean=token',
    );
    expect(hyperparameters).toMatchObject({
      batch_size: 4,
      learning_rate: 3e-4,
      clip_norm: null,
      recompute: false,
      loss_mean: 'token',
    });
    const help = addTuningOptions(new Command('train')).helpInformation();
    for (const name of Object.keys(hyperparametersSchema.shape)) {
      expect(help).toContain(`--${name.replaceAll('_', '-')} <value>`);
    }
  });

  it('say which layers get an adapter', () => {
    const { method } = planOf('--lora-rank=4', '--lora-targets=q_proj,v_proj', '--seed=7');
    expect(method).toMatchObject({ type: 'lora', rank: 4, targets: ['q_proj', 'v_proj'] });
  });

  it.each([
    ['--epochs=0'],
    ['--batch-size=many'],
    ['--method=text', '--lora-rank=4'],
    ['--seed=-1'],
  ])('are refused when they do not fit: %s %s', (...args) => {
    expect(() => planOf(...args)).toThrow(expect.objectContaining({ code: 'cli.usage' }));
  });
});
