// Runs one question: its own way, or its entries in interleaved rounds.
import os from 'node:os';
import { rounded } from './measure.mjs';
import { prepareGround } from './ground.mjs';
import { measure } from './rounds.mjs';

/**
 * @typedef {import('./results.mjs').Row} Row
 *
 * @typedef {object} Figures Medians over the rounds of a run.
 * @property {(contender: string, pick: (row: Row) => number | undefined) => number} of NaN when it was not measured.
 * @property {(contender: string) => number} rate Per second.
 * @property {(contender: string) => number} p50
 * @property {(contender: string) => number} p99
 * @property {Row[]} rows
 *
 * @typedef {object} Claim
 * @property {string} row Of the table in BENCHMARKS.md.
 * @property {string} claim
 * @property {(figures: Figures) => number} value
 * @property {number} [must] The bar; without one it is only told.
 * @property {number} [aim]
 * @property {boolean} [atMost] Less is better.
 * @property {string} [unit] Default `x`, a ratio.
 * @property {string} [why] What is known of the reason, told where the bar is not met.
 *
 * @typedef {object} Question
 * @property {string} name
 * @property {string} title
 * @property {number} minutes About how long it takes with three rounds.
 * @property {string[]} about What is compared, and what to know about it.
 * @property {Claim[]} claims
 * @property {import('./ground.mjs').GroundOptions} [ground]
 * @property {() => import('./rounds.mjs').Entry[]} [entries]
 * @property {(bench: Bench) => Promise<void>} [run] Instead of entries.
 * @property {(rows: Row[]) => string} [table] Where the usual columns do not fit.
 * @property {(rows: Row[]) => { values: object[], x: string, y: string }} [points] Of a line chart
 *   instead of bars.
 *
 * @typedef {object} Bench
 * @property {import('./rounds.mjs').Effort} effort
 * @property {boolean} isTiny Sizes that only show that it works.
 * @property {(row: Row) => void} save
 * @property {(round: number, contender: string) => boolean} isDone In the run that is resumed.
 * @property {(line: string) => void} say
 * @property {(entry: import('./rounds.mjs').Entry) => boolean} isWanted
 */

/** What a reader needs to judge the figures. */
export function machine() {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model.trim(),
    cores: os.cpus().length,
    memoryGb: rounded(os.totalmem() / 2 ** 30, 1),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
  };
}

/**
 * @param {Question} question
 * @param {Bench} bench
 */
export async function answer(question, bench) {
  if (question.run) await question.run(bench);
  else await runRounds(question, bench);
}

/**
 * @param {Question} question
 * @param {Bench} bench
 */
async function runRounds({ entries = () => [], ground: options }, bench) {
  const { effort, say } = bench;
  const ground = await prepareGround(options);
  try {
    const wanted = entries().filter(bench.isWanted);
    for (const { name, needs } of wanted.filter((entry) => entry.needs)) {
      say(`${name}: absent, ${needs}`);
      if (!bench.isDone(1, name)) bench.save({ round: 1, contender: name, absent: needs });
    }
    for (let round = 1; round <= effort.rounds; round++) {
      for (const entry of wanted.filter(({ needs }) => !needs)) {
        if (bench.isDone(round, entry.name)) continue;
        const row = await measure(ground, entry, effort).catch((/** @type {Error} */ error) => {
          // The other contenders are worth measuring all the same.
          process.exitCode = 1;
          console.error(`${entry.name} failed:`, error);
          bench.save({ round, contender: entry.name, failed: error.message.split('\n')[0] });
        });
        if (!row) continue;
        bench.save({ round, ...row });
        say(`round ${round} ${describe(row)}`);
      }
    }
  } finally {
    await ground.close();
  }
}

/** @param {Row} row */
export function describe(row) {
  const cpu = Object.entries(/** @type {Record<string, number>} */ (row['cpuMs']));
  const marks = [
    ...(row['bad'] > 0 ? [`BAD ${row['bad']} ${row['errors'] ?? ''}`] : []),
    ...(row['wrong'] ? [`WRONG ${row['wrong']}`] : []),
    ...(row['calls'] && row['calls'].expected !== row['calls'].seen
      ? [`CALLS ${row['calls'].seen} instead of ${row['calls'].expected}`]
      : []),
    ...(row['disturbed'] ? ['disturbed'] : []),
  ];
  return (
    `${String(row['contender']).padEnd(24)} ${String(row['perSecond']).padStart(8)}/s ` +
    `p50 ${row['p50']} p99 ${row['p99']} ms; CPU ms ${cpu.map(([who, ms]) => `${who} ${ms}`).join(' ')}; ` +
    `WAL ${row['walBytes']} B, commits ${row['commits']}, fsyncs ${row['fsyncs']}; ` +
    `foreign ${row['foreign']} ${marks.join(', ')}`
  );
}
