// Rows as tables of text.
import { medianOf, rowsOf } from '../lib/results.mjs';

/** @typedef {import('../lib/results.mjs').Row} Row */

/**
 * @param {Row[]} rows
 * @returns {import('../lib/question.mjs').Figures}
 */
export function figuresOf(rows) {
  const of = (/** @type {string} */ name, /** @type {(row: Row) => number | undefined} */ pick) =>
    medianOf(rows, name, pick) ?? Number.NaN;
  return {
    of,
    rate: (name) => of(name, (row) => row['perSecond']),
    p50: (name) => of(name, (row) => row['p50']),
    p99: (name) => of(name, (row) => row['p99']),
    rows,
  };
}

/** @param {Row[]} rows */
function contendersOf(rows) {
  return [...new Set(rows.map((row) => String(row['contender'])))];
}

/**
 * Three significant digits, or a dash for what was not measured.
 *
 * @param {number | undefined} value
 */
export function shown(value) {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/**
 * @param {string[]} head
 * @param {string[][]} body
 */
export function markdown(head, body) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

/** @param {Row} row */
function coordinatorCpu(row) {
  const { coordinator } = row['cpuMs'] ?? {};
  return coordinator;
}

/** @param {Row} row */
function participantsCpu(row) {
  return Object.entries(/** @type {Record<string, number>} */ (row['cpuMs'] ?? {}))
    .filter(([who]) => who.startsWith('participant') || who === 'service')
    .reduce((sum, [, ms]) => sum + ms, 0);
}

/**
 * The medians of a question's rows.
 *
 * @param {Row[]} rows
 * @param {Pick<import('../lib/question.mjs').Question, 'name'>} _question
 */
export function tableOf(rows, _question) {
  const measured = rows.filter(
    (row) => row['perSecond'] !== undefined || row['absent'] || row['failed'],
  );
  if (measured.length === 0) return '';
  const head = [
    'contender',
    'per second (rounds)',
    'median',
    'p50 ms',
    'p99 ms',
    'CPU ms: coordinator',
    'participants',
    'PostgreSQL',
    'WAL bytes',
    'commits',
    'fsyncs',
    'bad',
  ];
  return markdown(
    head,
    contendersOf(measured).map((name) => lineOf(measured, name)),
  );
}

/**
 * @param {Row[]} rows
 * @param {string} name
 */
function lineOf(rows, name) {
  const all = rows.filter((row) => row['contender'] === name);
  const absent = all.find((row) => row['absent']);
  if (absent) return [name, `absent: ${absent['absent']}`, ...new Array(10).fill('')];
  const of = (/** @type {(row: Row) => number | undefined} */ pick) =>
    shown(medianOf(rows, name, pick));
  const rounds = all.map((row) =>
    row['failed']
      ? `failed: ${row['failed']}`
      : shown(row['perSecond']) + (row['disturbed'] ? '*' : ''),
  );
  const bad = rowsOf(rows, name).reduce((sum, row) => sum + (row['bad'] ?? 0), 0);
  return [
    name,
    rounds.join(' · '),
    of((row) => row['perSecond']),
    of((row) => row['p50']),
    of((row) => row['p99']),
    of(coordinatorCpu),
    of(participantsCpu),
    of((row) => row['cpuMs']?.postgres),
    of((row) => row['walBytes']),
    of((row) => row['commits']),
    of((row) => row['fsyncs']),
    String(bad),
  ];
}
