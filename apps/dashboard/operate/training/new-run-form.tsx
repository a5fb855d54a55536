import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useStartTuning } from '../../client/fine-tuning';
import { Field } from '../../parts/field';
import { SheetForm } from '../../parts/sheet-form';
import { CorrectedJobField } from './corrected-job-field';
import { ExamplesField, type Examples } from './examples-field';
import { ImageSetField } from './image-set-field';
import { RecipeFields } from './recipe-fields';
import { batchOf, EMPTY_DRAFT, orderOf } from './run-draft';
import { faultsOf } from './run-faults';
import { sendExamples } from './send-examples';
import { useCorrectedJob } from './use-corrected-job';

interface Props {
  /** One at least. */
  readonly bases: readonly string[];
  /** Whose corrections are trained on. */
  readonly correctedJob: string | undefined;
  readonly onJob: (id: string) => void;
}

export function NewRunForm({ bases, correctedJob, onJob }: Props) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [examples, setExamples] = useState<Examples>({ from: 'corrections' });
  const [heldOut, setHeldOut] = useState<Examples>({ from: 'none' });
  const [set, setSet] = useState({ id: '', isOpen: false });
  const corrected = useCorrectedJob(correctedJob);
  const start = useStartTuning();
  const navigate = useNavigate();
  const isCorrections = examples.from === 'corrections';
  // What was corrected is what shall get better, where a trainer has it.
  const usual = bases.find((base) => base === corrected.job?.model) ?? bases[0]!;
  const model = draft.model === '' ? usual : draft.model;
  // Without a job the browser itself asks for one.
  const isReady =
    correctedJob === undefined || (corrected.job !== undefined && (corrected.lines ?? 0) > 0);
  const { fields, isExplained } = faultsOf(start.error, heldOut.from);
  const batch = batchOf(isCorrections ? corrected.lines : undefined);
  const change = (changed: Partial<typeof draft>): void => setDraft({ ...draft, ...changed });
  const makeOrder = async (): Promise<object> => {
    const lines = isCorrections ? { from: 'upload', file: corrected.file } : examples;
    const pictures = isCorrections ? { id: corrected.job?.image_set, isOpen: false } : set;
    return orderOf(
      { ...draft, model, batch_size: draft.batch_size || String(batch) },
      {
        training_file: (await sendExamples('/training_file', lines))!,
        validation_file: await sendExamples('/validation_file', heldOut),
        image_set: pictures.id === '' ? undefined : pictures.id,
        seal: pictures.isOpen,
      },
    );
  };
  return (
    <SheetForm
      action={start}
      yes="Start the run"
      onSubmit={() =>
        start.mutate(makeOrder, {
          onSuccess: ({ id }) =>
            void navigate({ to: '/operate/models/$runId', params: { runId: id } }),
        })
      }
      onLeave={() => void navigate({ to: '/operate/models' })}
      isComplete={!isCorrections || isReady}
      isExplained={isExplained}
    >
      <Field label="Base" hint="A checkpoint that a trainer has." fault={fields['/model']}>
        {(props) => (
          <select
            {...props}
            value={model}
            onChange={({ target }) => change({ model: target.value })}
          >
            {bases.map((base) => (
              <option key={base}>{base}</option>
            ))}
          </select>
        )}
      </Field>
      <fieldset>
        <legend>What it learns from</legend>
        <ExamplesField
          label="Examples"
          first={['corrections', 'Corrections of a job']}
          value={examples}
          fault={fields['/training_file']}
          onChange={setExamples}
        />
        {isCorrections ? (
          <CorrectedJobField
            id={correctedJob}
            {...corrected}
            fault={fields['/image_set']}
            onChange={onJob}
          />
        ) : (
          <ImageSetField
            value={set.id}
            fault={fields['/image_set']}
            onChange={(id, isOpen) => setSet({ id, isOpen })}
          />
        )}
        <ExamplesField
          label="Held-out examples"
          hint="Never learned from: they show how well it does on what it has not seen. Their pictures are in the same set."
          first={['none', 'None']}
          value={heldOut}
          fault={fields['/validation_file']}
          onChange={setHeldOut}
        />
      </fieldset>
      <fieldset>
        <legend>How it learns</legend>
        <RecipeFields draft={draft} batch={batch} faults={fields} onChange={change} />
      </fieldset>
      <Field
        label="Name"
        hint={`Goes into the name of the model: ft-${model}-NAME-… Small letters, digits and hyphens; may stay empty.`}
        fault={fields['/suffix']}
      >
        {(props) => (
          <input
            {...props}
            type="text"
            autoComplete="off"
            maxLength={40}
            value={draft.suffix}
            onChange={({ target }) => change({ suffix: target.value })}
          />
        )}
      </Field>
    </SheetForm>
  );
}
