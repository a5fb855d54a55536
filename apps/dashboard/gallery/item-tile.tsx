import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ItemResult, Job } from '#contracts';
import { thumbnailUrl } from '../client/results';
import { OverlayCanvas } from '../overlay/overlay-canvas';
import { summaryOf } from './item-summary';

interface Props {
  readonly job: Job;
  readonly n: number;
  readonly item: ItemResult | undefined;
  /** Side of the square that holds the picture, CSS pixels. */
  readonly side: number;
  readonly least: number;
  readonly maskOpacity: number;
}

/** One image of a job: its picture with what was found in it, and in words what was answered, or why not. */
export function ItemTile({ job, n, item, side, least, maskOpacity }: Props) {
  const [isMissing, setMissing] = useState(false);
  const boxes = item?.answers.flatMap((answer) => answer.boxes) ?? [];
  const shown = boxes.filter((box) => box.confidence >= least);
  const place = fit(item, side);
  const summary = summaryOf(item, least);
  return (
    <Link
      to="/jobs/$jobId/items/$n"
      params={{ jobId: job.id, n: String(n) }}
      className="tile"
      data-row=""
      data-state={item?.state ?? 'waiting'}
    >
      <span className="tile-picture" style={{ height: side }}>
        {isMissing ? (
          <span className="quiet">no picture</span>
        ) : (
          <img
            src={thumbnailUrl(job.image_set, n)}
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
    </Link>
  );
}

/** Where the picture lies in its square: it is shown whole. */
function fit(item: ItemResult | undefined, side: number) {
  const { width, height } = item?.image ?? {};
  if (!width || !height) return undefined;
  const scale = Math.min(side / width, side / height);
  const [w, h] = [width * scale, height * scale];
  return { width: w, height: h, left: (side - w) / 2, top: (side - h) / 2 };
}
