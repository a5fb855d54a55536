import { memo, useEffect, useMemo, useRef } from 'react';
import type { Box, ItemResult } from '#contracts';
import { drawOverlay, type Place } from '../overlay/draw';
import { whenIdle } from '../overlay/when-idle';
import type { TileMeasures } from './use-tile-grid';

interface Props extends TileMeasures {
  /** Of the row, in its order. */
  readonly items: readonly (ItemResult | undefined)[];
  readonly least: number;
  readonly maskOpacity: number;
}

/**
 * What was found in the pictures of a row, over them. In one canvas: each is a layer to the browser, which every frame
 * looks at. When the page is idle: a row comes at a turn of the wheel, whose frame has enough to do without this, and what
 * has left by then is never drawn.
 */
export const RowOverlay = memo(function RowOverlay(props: Props) {
  const { items, side, pitch, least, maskOpacity } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pictures = useMemo(
    () => items.flatMap((item, column) => picturesIn({ left: column * pitch, side }, item, least)),
    [items, side, pitch, least],
  );
  useEffect(() => {
    const draw = (): void => {
      const context = canvas.current?.getContext('2d');
      if (!context) return;
      context.clearRect(0, 0, context.canvas.width, context.canvas.height);
      const line = Math.max(1, Math.round(1.5 * devicePixelRatio));
      for (const { place, boxes } of pictures) {
        drawOverlay(context, place, boxes, { line, maskOpacity, boxes: true });
      }
    };
    return whenIdle(draw);
  }, [pictures, maskOpacity]);
  if (pictures.length === 0) return null;
  const width = Math.ceil((items.length - 1) * pitch) + side;
  return (
    <canvas
      ref={canvas}
      className="row-overlay"
      style={{ width, height: side }}
      width={Math.round(width * devicePixelRatio)}
      height={Math.round(side * devicePixelRatio)}
      aria-hidden="true"
    />
  );
});

interface Picture {
  readonly place: Place;
  readonly boxes: readonly Box[];
}

interface Square {
  readonly left: number;
  readonly side: number;
}

/** One, or none where nothing was found that is shown. */
function picturesIn(
  square: Square,
  item: ItemResult | undefined,
  least: number,
): readonly Picture[] {
  const boxes = item?.answers
    .flatMap((answer) => answer.boxes)
    .filter(({ confidence }) => confidence >= least);
  const place = placeOf(item, square);
  return place && boxes && boxes.length > 0 ? [{ place, boxes }] : [];
}

/** Where the browser shows the picture: whole, in the middle of its square, each edge at the nearest pixel of the screen. */
function placeOf(item: ItemResult | undefined, square: Square): Place | undefined {
  const { width, height } = item?.image ?? {};
  if (!width || !height) return undefined;
  const scale = Math.min(square.side / width, square.side / height);
  const x = square.left + (square.side - width * scale) / 2;
  const y = (square.side - height * scale) / 2;
  const pixel = (css: number): number => Math.round(css * devicePixelRatio);
  const [left, top] = [pixel(x), pixel(y)];
  return {
    left,
    top,
    // A picture that is thinner than a pixel has one all the same.
    width: Math.max(1, pixel(x + width * scale) - left),
    height: Math.max(1, pixel(y + height * scale) - top),
  };
}
