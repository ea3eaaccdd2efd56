import { useEffect, useEffectEvent, type RefObject } from 'react';
import { isTyping } from '../layout/shortcuts.js';

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

export interface Rows {
  readonly count: number;
  readonly reveal: (index: number) => void;
  /** Selects the row, or no longer. */
  readonly select: (index: number) => void;
}

/** j and k, or the arrows, move the focus from row to row; Enter then opens, as on any link. */
export function useRowKeys(
  body: RefObject<HTMLElement | null>,
  { count, reveal, select }: Rows,
): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (isTyping(event) || count === 0) return;
    const focused = document.activeElement?.closest('[data-index]');
    const isInside = focused && body.current?.contains(focused);
    if (event.key === 'x' && isInside) select(Number(focused.getAttribute('data-index')));
    if (step === undefined) return;
    if (event.key.startsWith('Arrow') && !isInside) return; // The page scrolls.
    const from = isInside ? Number(focused.getAttribute('data-index')) : step > 0 ? -1 : 0;
    const index = Math.min(count - 1, Math.max(0, from + step));
    event.preventDefault();
    reveal(index);
    requestAnimationFrame(() => {
      const row = body.current?.querySelector(`[data-index="${index}"] [data-row-link]`);
      if (row instanceof HTMLElement) row.focus({ preventScroll: true });
    });
  });
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
