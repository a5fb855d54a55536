import { useCallback, useState } from 'react';
import type { Box } from '#contracts';
import { colourOf } from '../overlay/class-colour';
import { OverlayCanvas } from '../overlay/overlay-canvas';

interface Props {
  readonly url: string;
  readonly size: { readonly width: number | null; readonly height: number | null };
  readonly boxes: readonly Box[];
}

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8] as const;
/** More pixels a canvas may not have everywhere. */
const CANVAS_PIXELS = 16_000_000;

/** The picture with what was found in it. The canvas has a pixel for each of the picture's own. */
export function ItemPicture({ url, size, boxes }: Props) {
  const [natural, setNatural] = useState({ width: 0, height: 0 });
  const [zoom, setZoom] = useState(0);
  const [showBoxes, setShowBoxes] = useState(true);
  const [showLabels, setShowLabels] = useState(true);
  const [maskOpacity, setMaskOpacity] = useState(0.5);
  const width = size.width ?? natural.width;
  const height = size.height ?? natural.height;
  const shrink = Math.min(1, Math.sqrt(CANVAS_PIXELS / Math.max(1, width * height)));
  const scale = ZOOMS[zoom] ?? 1;
  const step = useCallback(
    (by: number) => setZoom((last) => Math.min(ZOOMS.length - 1, Math.max(0, last + by))),
    [],
  );
  return (
    <div className="item-picture">
      <div className="item-tools" role="group" aria-label="How the picture is shown">
        <button type="button" aria-pressed={showBoxes} onClick={() => setShowBoxes(!showBoxes)}>
          boxes
        </button>
        <button type="button" aria-pressed={showLabels} onClick={() => setShowLabels(!showLabels)}>
          labels
        </button>
        <label className="quiet">
          masks
          <input
            type="range"
            min="0"
            max="100"
            value={Math.round(maskOpacity * 100)}
            onChange={(event) => setMaskOpacity(event.target.valueAsNumber / 100)}
          />
        </label>
        <span className="zoom">
          <button type="button" onClick={() => step(-1)} disabled={zoom === 0} aria-label="Smaller">
            −
          </button>
          <output>{Math.round(scale * 100)} %</output>
          <button
            type="button"
            onClick={() => step(1)}
            disabled={zoom === ZOOMS.length - 1}
            aria-label="Larger"
          >
            +
          </button>
        </span>
      </div>
      <div className="item-stage" tabIndex={0} role="group" aria-label="The picture">
        <div
          className="item-canvas"
          style={{
            aspectRatio: width && height ? `${width} / ${height}` : undefined,
            // As large as the stage allows, times the zoom.
            width: `min(${100 * scale}%, calc((100vh - 12rem) * ${(scale * width) / (height || 1)}))`,
          }}
        >
          <img
            src={url}
            alt={altOf(boxes)}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setNatural({ width: naturalWidth, height: naturalHeight })
            }
          />
          {width > 0 && (
            <OverlayCanvas
              boxes={boxes}
              width={Math.round(width * shrink)}
              height={Math.round(height * shrink)}
              line={Math.max(1, Math.round(Math.max(width, height) * shrink * 0.003))}
              maskOpacity={maskOpacity}
              showBoxes={showBoxes}
            />
          )}
          {showLabels && boxes.map((box, i) => <Label key={i} box={box} />)}
        </div>
      </div>
    </div>
  );
}

function Label({ box }: { readonly box: Box }) {
  const [x, y] = box.box;
  return (
    <span
      className="box-label"
      aria-hidden="true"
      style={{ left: `${x * 100}%`, top: `${y * 100}%`, background: colourOf(box.label) }}
    >
      {box.label}
    </span>
  );
}

const altOf = (boxes: readonly Box[]): string =>
  boxes.length === 0
    ? 'The picture'
    : `The picture, with ${boxes.map(({ label }) => label).join(', ')}`;
