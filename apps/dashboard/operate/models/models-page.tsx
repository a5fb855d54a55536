import { useEffect } from 'react';
import type { Model } from '#contracts';
import { useModels } from '../../client/models';
import { Failure } from '../../parts/failure';
import { count, counted } from '../../parts/format';
import { MoreButton } from '../../parts/more-button';
import { ImportList } from './import-list';
import { RunList } from './run-list';
import { ModelState } from './model-state';

export function ModelsPage() {
  useEffect(() => {
    document.title = 'Models · Pallet';
  }, []);
  return (
    <>
      <ModelList />
      <ImportList />
      <RunList />
    </>
  );
}

function ModelList() {
  const models = useModels();
  const rows = models.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section aria-labelledby="models">
      <div className="page-head">
        <h2 id="models">Models</h2>
      </div>
      {models.error && <Failure error={models.error} />}
      {models.data && rows.length === 0 && (
        <p className="quiet empty">
          No model is known yet. Start a worker; its model registers itself.
        </p>
      )}
      {rows.length > 0 && (
        <ul className="rows" aria-label="Models, by name">
          {rows.map((model) => (
            <ModelRow key={model.id} model={model} />
          ))}
        </ul>
      )}
      <MoreButton of={models} label="More models" />
    </section>
  );
}

function ModelRow({ model }: { readonly model: Model }) {
  return (
    <li className="row model-row">
      <div className="row-name">
        <strong>{model.id}</strong>
        <span className="quiet">
          {model.is_own ? 'trained here, yours alone' : (model.note ?? 'everybody’s')}
        </span>
      </div>
      <ModelState model={model} />
      <span>{counted(model.workers, 'worker')}</span>
      <span className="quiet">
        {model.family}, {count(model.image_size)} px
      </span>
      <span className="quiet">
        {model.task_ms !== null && <>{count(Math.round(model.task_ms))} ms a task</>}
      </span>
      <span className="quiet">
        {model.revision === null ? (
          'no revision'
        ) : (
          <>
            revision <code title={model.revision}>{model.revision.slice(0, 12)}</code>
          </>
        )}
      </span>
    </li>
  );
}
