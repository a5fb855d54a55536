import type { ItemResult, Job } from '#contracts';
import { ItemTile } from './item-tile';
import { RowOverlay } from './row-overlay';
import type { TileMeasures } from './use-tile-grid';

interface Props extends TileMeasures {
  readonly job: Job;
  /** A hole is one that has not ended. */
  readonly items: readonly (ItemResult | undefined)[];
  readonly numberOf: (column: number) => number;
  readonly least: number;
  readonly maskOpacity: number;
}

export function TileRow({ job, items, numberOf, side, pitch, least, maskOpacity }: Props) {
  return (
    <>
      {items.map((item, column) => (
        <ItemTile
          key={numberOf(column)}
          jobId={job.id}
          setId={job.image_set}
          n={numberOf(column)}
          item={item}
          side={side}
          least={least}
        />
      ))}
      <RowOverlay items={items} side={side} pitch={pitch} least={least} maskOpacity={maskOpacity} />
    </>
  );
}
