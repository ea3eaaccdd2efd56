import { useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef } from 'react';

/** What the keys do, as the help shows it. */
export const SHORTCUTS: readonly (readonly [keys: string, meaning: string])[] = [
  ['/', 'Search'],
  ['?', 'This help'],
  ['g o', 'Overview'],
  ['g t', 'Transactions'],
  ['g s', 'Start'],
  ['g p', 'Participants'],
  ['g d', 'Definitions'],
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['Enter', 'Open the row'],
  ['x', 'Select the row'],
  ['Esc', 'Close, leave a field'],
];

const PLACES = {
  o: '/',
  t: '/transactions',
  s: '/start',
  p: '/participants',
  d: '/definitions',
} as const;

const SEQUENCE_MS = 1_000;

/** Keys that work on every page, while nobody is typing into a field. */
export function useShortcuts(does: {
  readonly search: () => void;
  readonly help: () => void;
}): void {
  const navigate = useNavigate();
  const startedAt = useRef(0);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (isTyping(event)) return;
    const place = PLACES[event.key as keyof typeof PLACES] as
      (typeof PLACES)[keyof typeof PLACES] | undefined;
    const isSecond = Date.now() - startedAt.current < SEQUENCE_MS;
    startedAt.current = event.key === 'g' ? Date.now() : 0;
    if (isSecond && place) void navigate({ to: place });
    if (event.key === '/') {
      event.preventDefault();
      does.search();
    }
    if (event.key === '?') does.help();
  });
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

/** Whether a key belongs to a field, a dialog's control or the browser. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches('input:not([type="checkbox"]), textarea, select, [role="combobox"]')
  );
}
