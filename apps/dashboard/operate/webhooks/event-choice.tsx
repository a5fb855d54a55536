import type { UpdateWebhook } from '#contracts';

export type ChosenEvent = NonNullable<UpdateWebhook['events']>[number];

/** What a webhook may be told of. A name that the contracts have and this has not is an error of the compiler. */
const EVENTS: Record<ChosenEvent, string> = {
  'job.created': 'a job was accepted',
  'job.started': 'a worker took the first of it',
  'job.paused': 'it was paused',
  'job.resumed': 'it goes on',
  'job.extended': 'it is asked more',
  'job.finished': 'every image has ended',
  'job.cancelled': 'it came to rest',
  'image_set.sealed': 'a set is final',
  'import.completed': 'every row has ended',
  'import.failed': 'it ended with an error',
  'import.cancelled': 'it was cancelled',
  'batch.completed': 'its files are there',
  'batch.failed': 'a line is no request',
  'batch.expired': 'its time is over',
  'batch.cancelled': 'it was cancelled',
  'export.completed': 'it is in the bucket',
  'export.failed': 'it is not',
  'fine_tuning.created': 'a training was accepted',
  'fine_tuning.finished': 'its model can be named',
  'fine_tuning.failed': 'it ended with an error',
  'fine_tuning.cancelled': 'it was cancelled',
};

const TYPES = Object.keys(EVENTS) as ChosenEvent[];

/** Ends: what most receivers wait for, and what the API takes when nothing is chosen. */
export const USUAL_EVENTS: readonly ChosenEvent[] = TYPES.filter(
  (type) => !/\.(created|started|paused|resumed|extended)$/.test(type),
);

interface Props {
  readonly chosen: readonly ChosenEvent[];
  readonly onChange: (chosen: readonly ChosenEvent[]) => void;
}

export function EventChoice({ chosen, onChange }: Props) {
  const isAll = TYPES.every((type) => chosen.includes(type));
  return (
    <fieldset className="event-choice">
      <legend>Events</legend>
      <label className="choice">
        <input
          type="checkbox"
          checked={isAll}
          ref={(box) => {
            if (box) box.indeterminate = !isAll && chosen.length > 0;
          }}
          onChange={() => onChange(isAll ? [] : TYPES)}
        />
        all of these
      </label>
      {TYPES.map((type) => (
        <label key={type} className="choice">
          <input
            type="checkbox"
            checked={chosen.includes(type)}
            onChange={({ target }) =>
              onChange(
                target.checked ? [...chosen, type] : chosen.filter((other) => other !== type),
              )
            }
          />
          <code>{type}</code>
          <span className="quiet">{EVENTS[type]}</span>
        </label>
      ))}
      {chosen.length === 0 && (
        <p className="form-error" role="alert">
          Choose one at least.
        </p>
      )}
    </fieldset>
  );
}
