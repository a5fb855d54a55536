import { useLayoutEffect, useRef, type RefObject } from 'react';

/**
 * For a part of a page that has less to say later: it keeps the height that it had, so that what is below it does not
 * jump up under the reader's eyes. Until the width changes, which moves everything anyway.
 */
export function useKeptHeight<T extends HTMLElement>(): RefObject<T | null> {
  const part = useRef<T>(null);
  useLayoutEffect(() => {
    const element = part.current;
    if (element === null) return;
    let width = 0;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth !== width) element.style.minHeight = '';
      width = element.clientWidth;
      element.style.minHeight = `${element.offsetHeight}px`;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return part;
}
