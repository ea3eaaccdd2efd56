// What the command line says.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../../tools/paths.mjs';
import { RESULTS } from './results.mjs';

const QUICK = { rounds: 1, seconds: 4, warmSeconds: 3, gateMs: 3_000, again: 0 };
const FULL = { rounds: 3, seconds: 5, warmSeconds: 4, gateMs: 30_000, again: 1 };
const TINY = { rounds: 1, seconds: 1, warmSeconds: 1, gateMs: 0, again: 0 };

/** @param {string[]} args */
export function settingsOf(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      tiny: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      warm: { type: 'string' },
      gate: { type: 'string' },
      only: { type: 'string' },
      rate: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const { quick, tiny, help, resume } = values;
  const forQuoting = !quick && !tiny;
  const base = tiny ? TINY : quick ? QUICK : FULL;
  const number = (/** @type {string | undefined} */ text, /** @type {number} */ otherwise) =>
    text === undefined ? otherwise : Number(text);
  return {
    ...{ quick, tiny, help, resume, forQuoting, names: positionals },
    only: values.only?.split(','),
    out: values.out ?? (forQuoting ? RESULTS : join(ROOT, '.cache', 'bench')),
    effort: {
      rounds: number(values.rounds, base.rounds),
      seconds: number(values.seconds, base.seconds),
      warmSeconds: number(values.warm, base.warmSeconds),
      gateMs: values.gate === undefined ? base.gateMs : Number(values.gate) * 1000,
      again: base.again,
      rate: values.rate === undefined ? undefined : Number(values.rate),
    },
  };
}

/** @typedef {ReturnType<typeof settingsOf>} Settings */
