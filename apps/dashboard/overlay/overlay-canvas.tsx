import { useEffect, useRef } from 'react';
import type { Box } from '#contracts';
import { drawOverlay } from './draw';

interface Props {
  readonly boxes: readonly Box[];
  /** Pixels of the canvas; the page lays it over the picture. */
  readonly width: number;
  readonly height: number;
  readonly line: number;
  readonly maskOpacity: number;
  readonly showBoxes: boolean;
}

/** For the eye alone: every place that has one says the same in words beside it. */
export function OverlayCanvas({ boxes, width, height, line, maskOpacity, showBoxes }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const place = { left: 0, top: 0, width, height };
    drawOverlay(context, place, boxes, { line, maskOpacity, boxes: showBoxes });
  }, [boxes, width, height, line, maskOpacity, showBoxes]);
  return (
    <canvas ref={canvas} className="overlay" width={width} height={height} aria-hidden="true" />
  );
}
