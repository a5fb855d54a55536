import type { TrainingProgress } from '#contracts';
import type { NewFineTuningEvent } from '#database';

const rounded = (value: number): string => value.toPrecision(4);

/** How the job's list of events tells it; undefined for what is told in another way. */
export function eventOfProgress(
  progress: TrainingProgress,
  host: string,
): NewFineTuningEvent | undefined {
  if (progress.kind === 'started') {
    const { examples, steps, resumedAt, trainedParameters } = progress;
    const how = resumedAt === 0 ? 'Begins' : `Goes on after step ${resumedAt}`;
    return {
      type: 'started',
      level: 'info',
      message: `${how} on ${host}: ${examples} examples, ${steps} steps`,
      data: { examples, steps, resumed_at: resumedAt, trained_parameters: trainedParameters },
    };
  }
  if (progress.kind === 'step') {
    const { step, loss, learningRate, gradientNorm, examplesPerSecond } = progress;
    return {
      type: 'step',
      level: 'info',
      message: `Step ${step}: loss ${rounded(loss)}`,
      step,
      data: {
        loss,
        learning_rate: learningRate,
        gradient_norm: gradientNorm,
        examples_per_second: examplesPerSecond,
      },
    };
  }
  if (progress.kind === 'evaluation') {
    const { step, loss, metrics, note } = progress;
    const told = note === undefined ? '' : `. ${note}`;
    const message = `Evaluation after step ${step}: loss ${rounded(loss)}${told}`;
    return { type: 'evaluation', level: 'info', message, step, data: { loss, metrics } };
  }
  return undefined;
}
