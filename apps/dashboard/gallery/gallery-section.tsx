import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { Job } from '#contracts';
import { useChunk, useFilteredResults } from '../client/results';
import { Failure } from '../parts/failure';
import { SearchBox } from '../parts/search-box';
import { count } from '../parts/format';
import { colourOf } from '../overlay/class-colour';
import type { GallerySearch } from './gallery-search';
import { ListGrid, MOST_TILES, WholeGrid } from './gallery';
import { countLabels } from './item-summary';

const LABELS_SHOWN = 24;
/** Of 200 images each, that are looked through for a label before the reader is asked. */
const PAGES_AT_ONCE = 10;

export function GallerySection({ job }: { readonly job: Job }) {
  const search = useSearch({ from: '/jobs/$jobId' });
  const navigate = useNavigate();
  const set = (change: Partial<GallerySearch>): void =>
    void navigate({
      to: '/jobs/$jobId',
      params: { jobId: job.id },
      search: { ...search, ...change },
      replace: true,
      resetScroll: false,
    });
  const [first, setFirst] = useState(0);
  const [maskOpacity, setMaskOpacity] = useState(0.5);
  const isWhole = !search.state && !search.cause && !search.label && !search.image;
  const least = (search.least ?? 0) / 100;
  const filter = {
    state: search.cause ? 'failed' : search.state,
    errorCode: search.cause,
    called: search.image,
  };
  const pages = useFilteredResults(job, filter, !isWhole);
  const start = useChunk(job, 0, isWhole);
  const loaded = useMemo(
    () => (isWhole ? (start.data ?? []) : (pages.data?.pages.flatMap((page) => page.data) ?? [])),
    [isWhole, start.data, pages.data],
  );
  const labels = useMemo(() => countLabels(loaded, least), [loaded, least]);
  const items = useMemo(
    () =>
      loaded
        .filter((item) => item !== undefined)
        .filter(
          (item) =>
            search.label === undefined ||
            item.answers.some(({ boxes }) =>
              boxes.some((box) => box.label === search.label && box.confidence >= least),
            ),
        ),
    [loaded, search.label, least],
  );
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = pages;
  const [pagesLookedAt, setPagesLookedAt] = useState(PAGES_AT_ONCE);
  // A label is looked for here: without an end, one that is rare would bring all of a large job onto this page.
  const isPatient = search.label === undefined || (pages.data?.pages.length ?? 0) < pagesLookedAt;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && isPatient) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, isPatient]);
  const hasBoxes =
    job.tasks === 'own' ||
    job.tasks.some(({ type }) => type !== 'caption' && type !== 'ocr' && type !== 'answer');
  return (
    <section aria-labelledby="images" className="gallery">
      <div className="gallery-head">
        <h2 id="images">Images</h2>
        <StateChoices job={job} search={search} set={set} />
        <SearchBox
          value={search.image ?? ''}
          onChange={(text) => set({ image: text === '' ? undefined : text })}
          placeholder="Name or custom id"
          label='Find images by the beginning of a file name or custom id, or "the whole of it" in quotes'
        />
        {hasBoxes && (
          <Sliders
            least={search.least ?? 0}
            onLeast={(value) => set({ least: value === 0 ? undefined : value })}
            maskOpacity={maskOpacity}
            onMaskOpacity={setMaskOpacity}
          />
        )}
      </div>
      {(hasBoxes || labels.size > 0) && <LabelChips labels={labels} search={search} set={set} />}
      {pages.error && <Failure error={pages.error} />}
      {isWhole && job.item_counts.total > MOST_TILES && (
        <Range total={job.item_counts.total} first={first} onChange={setFirst} />
      )}
      {isWhole ? (
        <WholeGrid job={job} first={first} least={least} maskOpacity={maskOpacity} />
      ) : (
        <ListGrid job={job} items={items} onEnd={onEnd} least={least} maskOpacity={maskOpacity} />
      )}
      {!isWhole && hasNextPage && !isPatient && (
        <p className="quiet look-further">
          {count(loaded.length)} of {count(job.item_counts.total)} images looked at.{' '}
          <button
            type="button"
            className="button"
            onClick={() => setPagesLookedAt(pagesLookedAt + PAGES_AT_ONCE)}
          >
            Look further
          </button>
        </p>
      )}
      {!isWhole && pages.data && items.length === 0 && !pages.hasNextPage && (
        <p className="quiet">No image is like that.</p>
      )}
    </section>
  );
}

interface ChoiceProps {
  readonly job: Job;
  readonly search: GallerySearch;
  readonly set: (change: Partial<GallerySearch>) => void;
}

function StateChoices({ job, search, set }: ChoiceProps) {
  const { total, succeeded, failed, cancelled } = job.item_counts;
  const choices = [
    [undefined, 'all', total],
    ['succeeded', 'succeeded', succeeded],
    ['failed', 'failed', failed],
    ['cancelled', 'cancelled', cancelled],
  ] as const;
  return (
    <div className="choices" role="group" aria-label="Show images">
      {choices
        .filter(
          ([state, , number]) => state !== 'cancelled' || number > 0 || search.state === state,
        )
        .map(([state, name, number]) => (
          <button
            key={name}
            type="button"
            aria-pressed={search.state === state && search.cause === undefined}
            onClick={() => set({ state, cause: undefined })}
          >
            {name} <span className="quiet">{count(number)}</span>
          </button>
        ))}
      {search.cause !== undefined && (
        <button type="button" aria-pressed onClick={() => set({ cause: undefined })}>
          {search.cause} ×
        </button>
      )}
    </div>
  );
}

interface ChipProps {
  readonly labels: ReadonlyMap<string, number>;
  readonly search: GallerySearch;
  readonly set: (change: Partial<GallerySearch>) => void;
}

function LabelChips({ labels, search, set }: ChipProps) {
  const shown = [...labels].slice(0, LABELS_SHOWN);
  if (search.label !== undefined && !labels.has(search.label)) shown.push([search.label, 0]);
  return (
    <div className="chips" role="group" aria-label="Labels found in the images that are loaded">
      {shown.map(([label, number]) => (
        <button
          key={label}
          type="button"
          className="chip"
          aria-pressed={search.label === label}
          onClick={() => set({ label: search.label === label ? undefined : label })}
        >
          <i style={{ background: colourOf(label) }} />
          <span className="chip-label">{label}</span> <span className="quiet">{count(number)}</span>
        </button>
      ))}
    </div>
  );
}

interface SliderProps {
  readonly least: number;
  readonly onLeast: (value: number) => void;
  readonly maskOpacity: number;
  readonly onMaskOpacity: (value: number) => void;
}

function Sliders({ least, onLeast, maskOpacity, onMaskOpacity }: SliderProps) {
  // No <output>: a label belongs to the first element in it that can have one, and that would be it.
  return (
    <div className="sliders">
      <label>
        confidence <span>{least} %</span>
        <input
          type="range"
          min="0"
          max="100"
          value={least}
          onChange={(event) => onLeast(event.target.valueAsNumber)}
        />
      </label>
      <label>
        masks <span>{Math.round(maskOpacity * 100)} %</span>
        <input
          type="range"
          min="0"
          max="100"
          value={Math.round(maskOpacity * 100)}
          onChange={(event) => onMaskOpacity(event.target.valueAsNumber / 100)}
        />
      </label>
    </div>
  );
}

interface RangeProps {
  readonly total: number;
  readonly first: number;
  readonly onChange: (first: number) => void;
}

function Range({ total, first, onChange }: RangeProps) {
  const starts = Array.from({ length: Math.ceil(total / MOST_TILES) }, (_, i) => i * MOST_TILES);
  return (
    <label className="quiet range">
      Images{' '}
      <select value={first} onChange={(event) => onChange(Number(event.target.value))}>
        {starts.map((start) => (
          <option key={start} value={start}>
            {count(start + 1)} to {count(Math.min(total, start + MOST_TILES))}
          </option>
        ))}
      </select>
    </label>
  );
}
