import { memo, useMemo, useState } from 'react';
import type { Box, ItemResult } from '#contracts';
import { thumbnailUrl } from '../client/results';
import { OverlayCanvas } from '../overlay/overlay-canvas';
import { summaryOf } from './item-summary';

interface Props {
  readonly jobId: string;
  readonly setId: string;
  readonly n: number;
  readonly item: ItemResult | undefined;
  /** Side of the square that holds the picture, CSS pixels. */
  readonly side: number;
  readonly least: number;
  readonly maskOpacity: number;
}

/**
 * One image of a job: its picture with what was found in it, and in words what was answered, or why not. Takes no whole
 * job, which changes with every answer: a tile is drawn again when its own item has changed, not at each turn of the wheel.
 * A plain link, whose clicks its grid takes: each of the router's follows the address for itself, which scrolling pays for.
 */
export const ItemTile = memo(function ItemTile(props: Props) {
  const { jobId, setId, n, item, side, least, maskOpacity } = props;
  const [isMissing, setMissing] = useState(false);
  const shown = useMemo(() => boxesOf(item, least), [item, least]);
  const place = fit(item, side);
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
        {isMissing ? (
          <span className="quiet">no picture</span>
        ) : (
          <img
            src={thumbnailUrl(setId, n)}
            alt=""
            loading="lazy"
            decoding="async"
            onError={() => setMissing(true)}
          />
        )}
        {place && shown.length > 0 && (
          <span className="tile-overlay" style={place}>
            <OverlayCanvas
              boxes={shown}
              width={Math.round(place.width * devicePixelRatio)}
              height={Math.round(place.height * devicePixelRatio)}
              line={Math.max(1, Math.round(1.5 * devicePixelRatio))}
              maskOpacity={maskOpacity}
              showBoxes
            />
          </span>
        )}
      </span>
      <span className="tile-text">
        <span className="tile-name">{item?.image.name ?? `image ${n + 1}`}</span>
        <span className="tile-answer">{summary}</span>
      </span>
    </a>
  );
});

const boxesOf = (item: ItemResult | undefined, least: number): readonly Box[] =>
  item?.answers.flatMap((answer) => answer.boxes).filter(({ confidence }) => confidence >= least) ??
  [];

/** What does not fit below the picture. */
const hoverText = (item: ItemResult | undefined): string | undefined =>
  item && [item.image.name, item.image.custom_id].filter((text) => text !== null).join('\n');

/** Where the picture lies in its square: it is shown whole. */
function fit(item: ItemResult | undefined, side: number) {
  const { width, height } = item?.image ?? {};
  if (!width || !height) return undefined;
  const scale = Math.min(side / width, side / height);
  const [w, h] = [width * scale, height * scale];
  return { width: w, height: h, left: (side - w) / 2, top: (side - h) / 2 };
}
