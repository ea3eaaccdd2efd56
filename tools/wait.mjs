import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks `condition` again and again until it answers something other than false, null or undefined,
 * and returns that; throws with `what` in the message after `timeoutMs`.
 *
 * @template T
 * @param {() => T | false | null | undefined | Promise<T | false | null | undefined>} condition
 * @param {{ timeoutMs: number, what: string, everyMs?: number }} options
 * @returns {Promise<T>}
 */
export async function waitFor(condition, { timeoutMs, what, everyMs = 20 }) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await condition();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (Date.now() >= deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(everyMs);
  }
}
