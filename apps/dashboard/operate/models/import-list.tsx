import type { ModelImport } from '#contracts';
import { useModelImports } from '../../client/model-imports';
import { Age } from '../../parts/age';
import { Failure } from '../../parts/failure';
import { MoreButton } from '../../parts/more-button';
import { ImportProgress, ImportState } from './import-state';

/** Nothing where no import was ever told of: most systems begin with models that are there. */
export function ImportList() {
  const imports = useModelImports();
  const rows = imports.data?.pages.flatMap((page) => page.data) ?? [];
  if (rows.length === 0 && !imports.error) return null;
  return (
    <section aria-labelledby="imports">
      <div className="page-head">
        <h2 id="imports">Imports</h2>
      </div>
      {imports.error && <Failure error={imports.error} />}
      <ul className="rows" aria-label="Imports of models, newest first">
        {rows.map((told) => (
          <ImportRow key={told.id} told={told} />
        ))}
      </ul>
      <MoreButton of={imports} label="Older imports" />
    </section>
  );
}

function ImportRow({ told }: { readonly told: ModelImport }) {
  return (
    <li className="row run-row">
      <div className="row-name">
        <strong>{told.model}</strong>
        <span className="quiet">
          {told.source}, {told.precision}
          {told.host !== null && <>, on {told.host}</>}
        </span>
      </div>
      <ImportState told={told} />
      <ImportProgress told={told} />
      <span className="quiet">
        <Age of={told.finished_at ?? told.created_at} />
      </span>
    </li>
  );
}
