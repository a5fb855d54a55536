/**
 * The real training, for tests that stop or kill it on the way: it ends the step that `holdAt` names, makes a checkpoint
 * and waits there to be stopped, however fast the machine is. See `control.ts`.
 */
import { once } from 'node:events';
import { train as trainForReal, type Train } from '#paligemma';
import { readControl } from './control.js';

export const train: Train = async (options) => {
  const { base, onEvent, signal = new AbortController().signal } = options;
  const { holdAt } = readControl(base);
  if (holdAt === undefined) return trainForReal(options);
  const isThere = new AbortController();
  const outcome = await trainForReal({
    ...options,
    signal: AbortSignal.any([isThere.signal, signal]),
    onEvent: (event) => {
      if (event.kind === 'step' && event.step === holdAt) isThere.abort();
      if (event.kind !== 'stopped') onEvent?.(event);
    },
  });
  if (outcome.end === 'finished') return outcome;
  if (!signal.aborted) await once(signal, 'abort');
  onEvent?.({ kind: 'stopped', step: outcome.step });
  return outcome;
};
