import { useNavigate } from '@tanstack/react-router';
import { memo, useEffect, useMemo, type MouseEvent } from 'react';
import type { ItemResult, Job } from '#contracts';
import { CHUNK, useChunk } from '../client/results';
import { counted } from '../parts/format';
import { TileRow } from './tile-row';
import { useTileGrid, type TileMeasures } from './use-tile-grid';

/** Browsers lay out no page that is higher than about 33 million pixels; so many tiles stay well below. */
export const MOST_TILES = 100_000;

interface GridProps {
  readonly job: Job;
  readonly least: number;
  readonly maskOpacity: number;
}

/** Every image of the job in its order, whether it has ended or not. Input: number of the first one. */
export function WholeGrid({ job, first, ...rest }: GridProps & { readonly first: number }) {
  const count = Math.min(MOST_TILES, job.item_counts.total - first);
  const grid = useTileGrid(count);
  const { columns, side, pitch } = grid;
  return (
    <Grid jobId={job.id} grid={grid} count={count}>
      {(row) => {
        const from = first + row * columns;
        const size = Math.min(columns, first + count - from);
        return <WholeRow job={job} from={from} size={size} side={side} pitch={pitch} {...rest} />;
      }}
    </Grid>
  );
}

interface RowProps extends GridProps, TileMeasures {
  readonly from: number;
  readonly size: number;
}

/** A row lies in one chunk or in two. Scrolling leaves those that are there alone. */
const WholeRow = memo(function WholeRow({ job, from, size, ...rest }: RowProps) {
  const [a, b] = [Math.floor(from / CHUNK), Math.floor((from + size - 1) / CHUNK)];
  const first = useChunk(job, a, true).data;
  const second = useChunk(job, b, b !== a).data;
  const items = useMemo(
    () =>
      Array.from({ length: size }, (_, i) => {
        const n = from + i;
        return (Math.floor(n / CHUNK) === a ? first : second)?.[n % CHUNK];
      }),
    [first, second, a, from, size],
  );
  return <TileRow job={job} items={items} numberOf={(column) => from + column} {...rest} />;
});

interface ListProps extends GridProps {
  readonly items: readonly ItemResult[];
  readonly onEnd: () => void;
}

/** The items that a filter left; asks for more when their end comes near. */
export function ListGrid({ job, items, onEnd, ...rest }: ListProps) {
  const grid = useTileGrid(items.length);
  const { columns, side, pitch, virtualizer } = grid;
  const last = virtualizer.getVirtualItems().at(-1)?.index ?? 0;
  const isNearEnd = (last + 3) * columns >= items.length;
  useEffect(() => {
    if (isNearEnd) onEnd();
  }, [isNearEnd, onEnd, items.length]);
  return (
    <Grid jobId={job.id} grid={grid} count={items.length}>
      {(row) => (
        <ListRow
          job={job}
          items={items}
          from={row * columns}
          size={columns}
          side={side}
          pitch={pitch}
          {...rest}
        />
      )}
    </Grid>
  );
}

interface ListRowProps extends RowProps {
  readonly items: readonly ItemResult[];
}

function ListRow({ items, from, size, ...rest }: ListRowProps) {
  const own = useMemo(() => items.slice(from, from + size), [items, from, size]);
  return <TileRow items={own} numberOf={(column) => own[column]!.n} {...rest} />;
}

interface FrameProps {
  readonly jobId: string;
  readonly grid: ReturnType<typeof useTileGrid>;
  readonly count: number;
  readonly children: (row: number) => React.ReactNode;
}

function Grid({ jobId, grid: { frame, columns, virtualizer }, count, children }: FrameProps) {
  const openTile = useOpenTile(jobId);
  return (
    <div
      ref={frame}
      className="tiles"
      role="group"
      aria-label={counted(count, 'image')}
      onClick={openTile}
    >
      <div className="tiles-inside" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((row) => (
          <div
            key={row.key}
            className="tile-row"
            style={{
              transform: `translateY(${row.start - virtualizer.options.scrollMargin}px)`,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            }}
          >
            {children(row.index)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** One handler for all tiles. Clicks that ask for a new tab or window are the browser's. */
function useOpenTile(jobId: string) {
  const navigate = useNavigate();
  return (event: MouseEvent<HTMLElement>): void => {
    const isPlain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!isPlain || event.button !== 0 || !(event.target instanceof Element)) return;
    const n = event.target.closest<HTMLElement>('a.tile')?.dataset.n;
    if (n === undefined) return;
    event.preventDefault();
    void navigate({ to: '/jobs/$jobId/items/$n', params: { jobId, n } });
  };
}
