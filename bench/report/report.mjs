// Writes BENCHMARKS.md and its charts from the rows. Nothing in it is written by hand.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/paths.mjs';
import { resultsOf } from '../lib/results.mjs';
import { QUESTIONS } from '../questions/index.mjs';
import { judged } from './claims.mjs';
import { FAIRNESS, NOT_MEASURED, SETTINGS } from './notes.mjs';
import { markdown, shown, tableOf } from './tables.mjs';
import { modelOf } from '../questions/cost.mjs';

const CHARTS = join('bench', 'charts');
/** Loaded when it is needed: its packages are installed apart. */
const DRAWING = new URL('./charts.mjs', import.meta.url).href;

/** @typedef {{ question: import('../lib/question.mjs').Question, rows: import('../lib/results.mjs').Row[] }} Answered */

/** @param {string} folder */
export async function report(folder) {
  const all = QUESTIONS.map((question) => ({
    question,
    rows: resultsOf(folder, question.name).latest(),
  }));
  rmSync(join(ROOT, CHARTS), { recursive: true, force: true });
  mkdirSync(join(ROOT, CHARTS), { recursive: true });
  const sections = [];
  for (const answered of all) sections.push(await sectionOf(answered));
  const text = [
    '# Benchmarks',
    '<!-- Written by npm run bench -- report from bench/results. -->',
    introduction(all),
    '## Claims',
    claimsOf(all),
    ...sections.filter((section) => section !== ''),
    FAIRNESS,
    '## Settings',
    markdown(['contender', 'settings'], SETTINGS),
    NOT_MEASURED,
    again(),
  ];
  writeFileSync(join(ROOT, 'BENCHMARKS.md'), `${text.join('\n\n')}\n`);
  writeScaling(all);
  console.log('BENCHMARKS.md is written.');
}

/**
 * The costs, where they are explained.
 *
 * @param {Answered[]} all
 */
function writeScaling(all) {
  const rows = all.find(({ question }) => question.name === 'cost')?.rows ?? [];
  const file = join(ROOT, 'docs', 'operating', 'scaling.md');
  const measured = rows.length > 0 ? modelOf(rows) : 'Not measured yet.';
  const between = /(<!-- measured -->\n\n)[^]*?(\n\n<!-- end -->)/;
  writeFileSync(file, readFileSync(file, 'utf8').replace(between, `$1${measured}$2`));
}

/** @param {Answered[]} all */
function introduction(all) {
  const [row] = all.flatMap(({ rows }) => rows);
  const aim = 'A coordinator that adds little is the reason to choose it. Every claim is a ratio';
  const head = `${aim} of medians of interleaved rounds of one run, beside peers and a floor that does only what it must.`;
  if (!row) return `${head}\n\nNothing has been measured yet.`;
  const { cpu, cores, memoryGb, system, node } = row['machine'];
  const server = all.flatMap(({ rows }) => rows).find((one) => one['server'])?.['server'];
  const quotable = all.every(({ rows }) => rows.every((one) => one['forQuoting']));
  return [
    head,
    `Machine: ${cores} cores (${cpu}), ${memoryGb} GB, ${system}, Node ${node}, PostgreSQL ${server}; coordinator, participants, peers, PostgreSQL and broker all on it. Measured ${days(all)}; each section names its commit.`,
    ...(quotable ? [] : ['**Some rows below come from short runs and are not for quoting.**']),
  ].join('\n\n');
}

/** @param {Answered[]} all */
function days(all) {
  const runs = all.flatMap(({ rows }) => rows.map((row) => String(row['run']).slice(0, 10)));
  return [...new Set(runs)].sort().join(', ');
}

/**
 * The last change of the product when a run began.
 *
 * @param {string} run
 */
function commitAt(run) {
  const words = ['log', '-1', '--format=%h', `--before=${run}`, '--', 'libs', 'apps', 'migrations'];
  return execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();
}

/** @param {Answered[]} all */
function claimsOf(all) {
  const rows = all.flatMap(({ question, rows: measured }) =>
    question.claims.map((claim) => ({ question, ...judged(claim, measured) })),
  );
  const body = rows.map(({ row, question, claim, must, aim, shown: value, verdict }) => [
    row,
    `[${question.name}](#${question.name}): ${claim}`,
    ...[must, aim, value, verdict],
  ]);
  const order = (/** @type {string[]} */ [row = '']) =>
    row === '2PC' ? 0 : Number.parseInt(row, 10);
  body.sort((a, b) => order(a) - order(b));
  return markdown(['row', 'claim', 'must', 'aim', 'measured', ''], body);
}

/** @param {Answered} answered */
async function sectionOf({ question, rows }) {
  const { name, title, about } = question;
  const parts = [`## ${name}`, `**${title}.** ${about.join('\n\n')}`];
  if (rows.length === 0) return [...parts, 'Not measured.'].join('\n\n');
  const charts = await chartsOf({ question, rows });
  const disturbed = rows.filter((row) => row['disturbed']).length;
  const rounds = Math.max(...rows.map((row) => Number(row['round'] ?? 1)));
  const table = question.table?.(rows) ?? tableOf(rows, question);
  const at = String(rows[0]?.['run']);
  const told = `${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${at.slice(0, 10)}, at commit ${commitAt(at)}${disturbed > 0 ? `; ${disturbed} measurements, marked by *, were disturbed by other processes` : ''}.`;
  return [...parts, table, told, faultsOf(rows), ...reasonsOf({ question, rows }), ...charts].join(
    '\n\n',
  );
}

/**
 * Why claims are not met, those of one reason together.
 *
 * @param {Answered} answered
 */
function reasonsOf({ question, rows }) {
  /** @type {Map<string, string>} */
  const claims = new Map();
  for (const claim of question.claims) {
    const { why } = claim;
    if (why === undefined || !judged(claim, rows).verdict.includes('NOT')) continue;
    const others = claims.get(why);
    claims.set(why, others === undefined ? claim.claim : `${others}; ${claim.claim}`);
  }
  return [...claims].map(([why, those]) => `Not met, ${those}: ${why}`);
}

/**
 * Whether the work that was measured was done, and done right.
 *
 * @param {import('../lib/results.mjs').Row[]} rows
 */
function faultsOf(rows) {
  const of = (/** @type {(row: import('../lib/results.mjs').Row) => boolean} */ isFault) =>
    rows.filter(isFault).map((row) => `${row['contender']} in round ${row['round']}`);
  const faults = [
    ...of((row) => row['bad'] > 0).map((where) => `wrong ends: ${where}`),
    ...of((row) => Boolean(row['wrong'])).map((where) => `wrong data: ${where}`),
    ...of(({ calls }) => calls && calls.seen !== calls.expected).map((at) => `calls: ${at}`),
    ...of((row) => Boolean(row['failed'])).map((where) => `failed: ${where}`),
  ];
  if (faults.length > 0) return `**What went wrong**: ${faults.join('; ')}.`;
  return 'All ends were right, and all counters that were compared are equal.';
}

/** @param {Answered} answered */
async function chartsOf({ question, rows }) {
  const { bars, lines } = await import(DRAWING);
  const points = question.points?.(rows);
  const drawn = points
    ? await lines(question.title, points.values, points)
    : await barsOf(question, rows, bars);
  if (drawn === undefined) return [];
  const file = join(CHARTS, `${question.name}.svg`);
  writeFileSync(join(ROOT, file), drawn);
  return [`![${question.title}](${file})`];
}

/**
 * @param {import('../lib/question.mjs').Question} question
 * @param {import('../lib/results.mjs').Row[]} rows
 * @param {(title: string, values: object[]) => Promise<string>} bars
 */
async function barsOf({ title }, rows, bars) {
  const values = rows
    .filter((row) => row['perSecond'] !== undefined && row['concurrency'] !== 1)
    .map((row) => ({ contender: row['contender'], value: row['perSecond'] }));
  return values.length === 0 ? undefined : bars(title, values);
}

function again() {
  const minutes = QUESTIONS.reduce((sum, question) => sum + question.minutes, 0);
  return `## Again

\`\`\`sh
npm run bench -- --help         # the questions
npm run bench -- http           # one of them
npm run bench -- all            # all, about ${shown(minutes)} minutes
npm run bench -- report         # this document
npm run bench -- --quick        # a first impression, not for quoting
\`\`\`

The raw rows are kept in \`bench/results\`, one JSON line for each measurement. Peers are installed in
\`bench/peers\` when they are first asked for; DTM needs a Go toolchain.`;
}
