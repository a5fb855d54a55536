import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useBases } from '../../client/fine-tuning';
import { useMayWrite } from '../../client/session';
import { Failure } from '../../parts/failure';
import { NewRunForm } from './new-run-form';

export function NewRunPage() {
  const { job } = useSearch({ from: '/operate/models/new' });
  const navigate = useNavigate();
  const mayWrite = useMayWrite();
  const bases = useBases();
  useEffect(() => {
    document.title = 'New fine-tuning run · Pallet';
  }, []);
  return (
    <section aria-labelledby="new-run" className="new-run">
      <p className="quiet">
        <Link to="/operate/models">All models and trainings</Link>
      </p>
      <h2 id="new-run">New fine-tuning run</h2>
      {!mayWrite && <p className="notice">This API key may look, but start nothing.</p>}
      {mayWrite && bases.error && <Failure error={bases.error} />}
      {mayWrite && bases.data?.length === 0 && (
        <p className="quiet empty">
          No trainer is known yet. Start one with a base checkpoint; it registers itself.
        </p>
      )}
      {mayWrite && bases.data !== undefined && bases.data.length > 0 && (
        <NewRunForm
          bases={bases.data}
          correctedJob={job}
          onJob={(id) =>
            void navigate({
              to: '/operate/models/new',
              search: { job: id },
              replace: true,
              resetScroll: false,
            })
          }
        />
      )}
    </section>
  );
}
