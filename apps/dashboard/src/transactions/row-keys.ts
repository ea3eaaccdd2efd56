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
    if (isTyping(event) || count === 0) return;
    const current = focusedRow(body.current);
    if (event.key === 'x' && current !== undefined) select(current);
    const step = STEPS[event.key];
    if (step === undefined) return;
    if (event.key.startsWith('Arrow') && current === undefined) return; // The page scrolls.
    const from = current ?? (step > 0 ? -1 : 0);
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

/** The index of the row that has the focus. */
function focusedRow(body: HTMLElement | null): number | undefined {
  const row = document.activeElement?.closest('[data-index]');
  return row && body?.contains(row) ? Number(row.getAttribute('data-index')) : undefined;
}
