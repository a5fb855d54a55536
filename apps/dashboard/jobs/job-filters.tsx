import { useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { SHOWS, type JobSearch, type Show } from './job-search';

/** After the last key, milliseconds. */
const TYPING_MS = 250;

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
      <SearchBox value={search.q ?? ''} onChange={(q) => set({ q: q === '' ? undefined : q })} />
    </div>
  );
}

interface BoxProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function SearchBox({ value, onChange }: BoxProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className="search">
      <Search size={14} aria-hidden="true" />
      <input
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        placeholder="Search names"
        aria-label="Search jobs by name"
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
