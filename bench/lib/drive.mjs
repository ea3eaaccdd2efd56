// The closed loop: so many sagas under way, the next starts when one ends.
import { quantile, rounded } from './measure.mjs';

/**
 * @typedef {object} Contender
 * @property {(order: number, fail: boolean) => Promise<boolean>} run Runs one saga to its end. True = it
 *   completed, false = it was undone; throws for any other end.
 * @property {Record<string, number>} [pids] Processes of its own, besides the one it runs in.
 * @property {(() => object)} [extra] What it has to say of the time since it was asked last.
 * @property {() => Promise<unknown>} [check] Says what is wrong in its own data, undefined when nothing is.
 * @property {() => Promise<unknown>} stop
 *
 * @typedef {object} Load
 * @property {number} seconds Nothing is started after them; what is under way is awaited.
 * @property {number} concurrency
 * @property {number} failEvery Every n-th compensates; 0 = none.
 * @property {number} [slices] In how many equal parts of the time ends are counted.
 */

let order = 0;

/**
 * @param {Contender} contender
 * @param {Load} load
 */
export async function drive(contender, { seconds, concurrency, failEvery, slices = 0 }) {
  /** @type {number[]} */
  const latencies = [];
  /** @type {string[]} */
  const errors = [];
  const bySlice = new Array(slices).fill(0);
  let started = 0;
  let failing = 0;
  let bad = 0;
  const begun = performance.now();
  const endsAt = begun + seconds * 1000;
  const worker = async () => {
    for (;;) {
      const at = performance.now();
      if (at >= endsAt) return;
      const fail = failEvery > 0 && started % failEvery === 0;
      started++;
      if (fail) failing++;
      try {
        if ((await contender.run(order++, fail)) === fail) bad++;
      } catch (error) {
        bad++;
        if (errors.length < 3) errors.push(String(error));
      }
      const ended = performance.now();
      latencies.push(ended - at);
      const slice = Math.floor(((ended - begun) / 1000 / seconds) * slices);
      if (slice < slices) bySlice[slice]++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const wall = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (/** @type {number} */ q) => rounded(quantile(latencies, q));
  return {
    ...{ done: started, failing, bad, wall: rounded(wall), perSecond: rounded(started / wall, 1) },
    ...{ p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
    ...(errors.length > 0 && { errors }),
    ...(slices > 0 && { bySlice: bySlice.map((n) => rounded((n * slices) / seconds, 1)) }),
  };
}

/** @typedef {Awaited<ReturnType<typeof drive>>} Driven */
