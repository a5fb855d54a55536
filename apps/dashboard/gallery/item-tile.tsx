import { memo, useMemo } from 'react';
import type { ItemResult } from '#contracts';
import { thumbnailUrl } from '../client/results';
import { summaryOf } from './item-summary';
import { TilePicture } from './tile-picture';

interface Props {
  readonly jobId: string;
  readonly setId: string;
  readonly n: number;
  readonly item: ItemResult | undefined;
  /** Side of the square that holds the picture, CSS pixels. */
  readonly side: number;
  readonly least: number;
}

/**
 * One image of a job: its picture, and in words what was answered, or why not. What was found its row draws over it. Takes
 * no whole job, which changes with every answer: a tile is drawn again when its own item has changed, not at each turn of
 * the wheel. A plain link, whose clicks its grid takes: each of the router's follows the address for itself, which
 * scrolling pays for.
 */
export const ItemTile = memo(function ItemTile(props: Props) {
  const { jobId, setId, n, item, side, least } = props;
  const summary = useMemo(() => summaryOf(item, least), [item, least]);
  return (
    <a
      href={`/jobs/${jobId}/items/${n}`}
      className="tile"
      data-row=""
      data-n={n}
      data-state={item?.state ?? 'waiting'}
      title={hoverText(item)}
    >
      <span className="tile-picture" style={{ width: side, height: side }}>
        <TilePicture src={thumbnailUrl(setId, n)} />
      </span>
      <span className="tile-text">
        <span className="tile-name">{item?.image.name ?? `image ${n + 1}`}</span>
        <span className="tile-answer">{summary}</span>
      </span>
    </a>
  );
});

/** What does not fit below the picture. */
const hoverText = (item: ItemResult | undefined): string | undefined =>
  item && [item.image.name, item.image.custom_id].filter((text) => text !== null).join('\n');
