// Raw rows, one JSON line each, a file per question. Nothing is ever rewritten.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/paths.mjs';
import { median } from './measure.mjs';

export const RESULTS = join(ROOT, 'bench', 'results');

/** @typedef {Record<string, any>} Row */

/**
 * @param {string} folder
 * @param {string} question
 */
export function resultsOf(folder, question) {
  const file = join(folder, `${question}.jsonl`);
  return {
    file,
    /** @param {Row} row */
    add(row) {
      mkdirSync(folder, { recursive: true });
      appendFileSync(file, `${JSON.stringify(row)}\n`);
    },
    /** Rows of its latest run. */
    latest() {
      if (!existsSync(file)) return [];
      /** @type {Row[]} */
      const rows = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
      const run = rows.at(-1)?.['run'];
      return rows.filter((row) => row['run'] === run);
    },
  };
}

/**
 * The rows of one contender; the disturbed ones only where there are no others.
 *
 * @param {Row[]} rows
 * @param {string} name
 */
export function rowsOf(rows, name) {
  const all = rows.filter((row) => row['contender'] === name && !row['absent'] && !row['failed']);
  const clean = all.filter((row) => !row['disturbed']);
  return clean.length > 0 ? clean : all;
}

/**
 * The median over rounds; undefined when it was not measured.
 *
 * @param {Row[]} rows
 * @param {string} name
 * @param {(row: Row) => number | undefined} pick
 */
export function medianOf(rows, name, pick) {
  const values = rowsOf(rows, name)
    .map(pick)
    .filter((value) => value !== undefined && !Number.isNaN(value));
  return values.length === 0 ? undefined : median(/** @type {number[]} */ (values));
}
