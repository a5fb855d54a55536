import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { fling } from './fling';

const TILE_PX = 176;
const GAP_PX = 12;
/** Name and answer below the picture. */
const TEXT_PX = 44;

export interface TileMeasures {
  /** Of the square that holds a picture, CSS pixels. */
  readonly side: number;
  /** From the left edge of a tile to that of the next, CSS pixels. */
  readonly pitch: number;
}

/** A grid of any number of tiles in the page's own scrolling, of which only those near the window are there. */
export function useTileGrid(count: number) {
  const frame = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ width: 0, top: 0 });
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = (): void => {
      const { top: topInWindow, width } = element.getBoundingClientRect();
      const top = topInWindow + window.scrollY;
      setPlace((last) => (last.width === width && last.top === top ? last : { width, top }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const least = place.width < 420 ? 140 : TILE_PX;
  const columns = Math.max(1, Math.floor((place.width + GAP_PX) / (least + GAP_PX)));
  const side = Math.floor((place.width - (columns - 1) * GAP_PX) / columns);
  const pitch = (place.width + GAP_PX) / columns;
  const rows = place.width === 0 ? 0 : Math.ceil(count / columns);
  const rowPx = side + TEXT_PX + GAP_PX;
  const virtualizer = useWindowVirtualizer({
    count: rows,
    estimateSize: () => rowPx,
    overscan: 3,
    scrollMargin: place.top,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowPx]);
  useEffect(() => {
    const look = (): void => fling.scrolled();
    window.addEventListener('scroll', look, { passive: true });
    return () => window.removeEventListener('scroll', look);
  }, []);
  return { frame, columns, side, pitch, virtualizer };
}
