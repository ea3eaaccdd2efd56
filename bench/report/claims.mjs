// The bars, and whether they are met.
import { figuresOf, shown } from './tables.mjs';

/**
 * @param {import('../lib/question.mjs').Claim} claim
 * @param {import('../lib/results.mjs').Row[]} rows
 */
export function judged({ value, must, aim, atMost = false, unit = 'x', ...claim }, rows) {
  const measured = rows.length === 0 ? Number.NaN : value(figuresOf(rows));
  const holds = (/** @type {number | undefined} */ bar) =>
    bar !== undefined && (atMost ? measured <= bar : measured >= bar);
  const bar = (/** @type {number | undefined} */ of) =>
    of === undefined ? '' : `${atMost ? '≤' : '≥'} ${withUnit(of, unit)}`;
  const isMeasured = !Number.isNaN(measured);
  return {
    ...claim,
    measured,
    must: bar(must),
    aim: bar(aim),
    shown: isMeasured ? withUnit(measured, unit) : '–',
    verdict: verdict({ isMeasured, must, met: holds(must), aimed: holds(aim) }),
  };
}

/** @param {{ isMeasured: boolean, must: number | undefined, met: boolean, aimed: boolean }} of */
function verdict({ isMeasured, must, met, aimed }) {
  if (!isMeasured) return 'not measured';
  if (must === undefined) return aimed ? 'aim met' : '';
  if (!met) return '**NOT met**';
  return aimed ? 'met, and the aim' : 'met';
}

/**
 * @param {number} value
 * @param {string} unit
 */
function withUnit(value, unit) {
  if (unit === '') return shown(value);
  return unit === 'x' ? `${shown(value)} ×` : `${shown(value)} ${unit}`;
}
