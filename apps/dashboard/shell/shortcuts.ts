import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';

/** After `g`, the letter of a page must come within so long, milliseconds. */
const CHORD_MS = 1_200;

export const SHORTCUTS: readonly (readonly [keys: string, does: string])[] = [
  ['g j', 'go to the jobs'],
  ['g o', 'go to Operate'],
  ['/', 'search'],
  ['[  ]', 'previous and next image'],
  ['j  k', 'next and previous row'],
  ['Enter', 'open'],
  ['?', 'this list'],
  ['Esc', 'close'],
];

/** Shortcuts of every page; off while the reader types, and never together with Ctrl, Alt or Meta. */
export function useShortcuts() {
  const [isSheetOpen, setSheetOpen] = useState(false);
  const navigate = useNavigate();
  const chordAt = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
      const isChord = event.timeStamp - chordAt.current < CHORD_MS && chordAt.current > 0;
      chordAt.current = event.key === 'g' ? event.timeStamp : 0;
      if (event.key === '?') setSheetOpen(true);
      else if (event.key === 'j' && isChord) void navigate({ to: '/jobs', search: {} });
      else if (event.key === 'o' && isChord) void navigate({ to: '/operate' });
      else if (event.key === '/') focusSearch();
      else if (event.key === 'j' || event.key === 'k') moveFocus(event.key === 'j' ? 1 : -1);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate]);
  return {
    isSheetOpen,
    openSheet: () => setSheetOpen(true),
    closeSheet: () => setSheetOpen(false),
  };
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;

function focusSearch(): void {
  document.querySelector<HTMLElement>('input[type=search]')?.focus();
}

/** Rows say that they are some by `data-row`, on the link that Enter opens. */
function moveFocus(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next]?.focus();
}
