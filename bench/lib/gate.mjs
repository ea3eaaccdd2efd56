// Waits for a quiet machine: what others compute meanwhile would be measured, too.
import { setTimeout as pause } from 'node:timers/promises';
import { machineCpuSeconds, rounded } from './measure.mjs';

const LOOK_MS = 700;
/** Cores. */
export const QUIET = 0.25;

/**
 * Waits until less than a quarter of a core is busy, at most so long.
 *
 * @param {number} atMostMs
 * @returns {Promise<number>} Cores that were busy at the last look.
 */
export async function quietMachine(atMostMs) {
  const endsAt = performance.now() + atMostMs;
  for (;;) {
    const before = machineCpuSeconds();
    await pause(LOOK_MS);
    const busy = (machineCpuSeconds() - before) / (LOOK_MS / 1000);
    if (Number.isNaN(busy) || busy < QUIET || performance.now() >= endsAt) return rounded(busy, 2);
  }
}
