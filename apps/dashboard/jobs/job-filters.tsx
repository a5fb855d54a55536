import { useNavigate } from '@tanstack/react-router';
import { SearchBox } from '../parts/search-box';
import { SHOWS, type JobSearch, type Show } from './job-search';

export function JobFilters({ search }: { readonly search: JobSearch }) {
  const navigate = useNavigate();
  const set = (change: Partial<JobSearch>): void =>
    void navigate({ to: '/jobs', search: { ...search, ...change }, replace: true });
  const choices: readonly (Show | undefined)[] = [undefined, ...SHOWS];
  return (
    <div className="filters">
      <div className="choices" role="group" aria-label="Show jobs">
        {choices.map((show) => (
          <button
            key={show ?? 'all'}
            type="button"
            aria-pressed={search.show === show}
            onClick={() => set({ show })}
          >
            {show ?? 'all'}
          </button>
        ))}
      </div>
      <SearchBox
        value={search.q ?? ''}
        onChange={(q) => set({ q: q === '' ? undefined : q })}
        placeholder="Search names"
        label="Search jobs by name"
      />
    </div>
  );
}
