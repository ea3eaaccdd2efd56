/**
 * @typedef {'safe' | 'live'} Property Names of the formulas in the models.
 *
 * @typedef {object} Case One model, compiled with some definitions.
 * @property {string} model File in test/model, without ending.
 * @property {string} name What it is about; for a planted bug its definition in the model.
 * @property {string[]} defines
 * @property {Property[]} properties
 * @property {boolean} isBug True: a planted bug, of which one of the properties must tell.
 */

/**
 * What `npm run model` checks. Configurations are as large as one core searches in some ten seconds.
 *
 * @type {readonly Case[]}
 */
export const PLAN = [
  holds('two-phase', '2 rounds, a death', ['MAX_CRASHES=1'], ['safe']),
  holds('two-phase', '2 rounds, no death', ['MAX_CRASHES=0'], ['live']),
  holds('two-phase', '2 rounds of TCC', ['MAX_CRASHES=0', 'TCC'], ['safe', 'live']),
  holds('two-phase', '1 round, 2 deaths', ['NR=1'], ['safe', 'live']),
  holds('two-phase', '1 round of TCC, 2 deaths', ['NR=1', 'TCC'], ['live']),
  holds('two-phase', 'delegated, 2 deaths', ['DELEGATED'], ['safe', 'live']),
  holds('saga', '2 steps, 2 deaths', [], ['safe', 'live']),
  holds('saga', '3 steps, 4 deaths', ['NP=3', 'MAX_CRASHES=4'], ['safe', 'live']),
  bug('two-phase', 'SEND_FIRST', 'safe'),
  bug('two-phase', 'NO_FENCE', 'safe'),
  bug('two-phase', 'SILENCE_YES', 'safe'),
  bug('two-phase', 'EARLY', 'safe'),
  bug('two-phase', 'HEURISTIC', 'safe'),
  bug('two-phase', 'ORPHAN_ABORT', 'safe'),
  bug('two-phase', 'ROUND_MIX', 'safe'),
  bug('two-phase', 'DELEGATED_ABORT', 'safe', ['DELEGATED']),
  bug('two-phase', 'NO_BAR', 'live', ['TCC']),
  bug('two-phase', 'NO_RESEND', 'live', ['TCC']),
  bug('two-phase', 'NO_RECOVER', 'live'),
  bug('saga', 'NO_FENCE', 'safe'),
  bug('saga', 'NO_BARRIER', 'safe'),
  bug('saga', 'NO_NULLMARK', 'safe'),
  bug('saga', 'EARLY_ACK', 'safe'),
  bug('saga', 'SKIP_UNKNOWN', 'safe'),
  bug('saga', 'AROUND_PIVOT', 'safe'),
  bug('saga', 'OPEN_BAR', 'safe'),
  bug('saga', 'NO_RESEND', 'live'),
  bug('saga', 'NO_RECOVER', 'live'),
];

/**
 * The cases of the plan that a word names: a model, `bugs`, or one bug. No words: all.
 *
 * @param {string[]} words
 * @returns {{ cases: Case[], unknown: string[] }}
 */
export function select(words) {
  const unknown = words.filter((word) => !PLAN.some((one) => isNamed(one, word)));
  const cases = PLAN.filter((one) => words.every((word) => isNamed(one, word)));
  return { cases, unknown };
}

/**
 * @param {Case} one
 * @param {string} word
 */
function isNamed({ model, name, isBug }, word) {
  return word === model || word === name || word === (isBug ? 'bugs' : 'properties');
}

/**
 * @param {string} model
 * @param {string} name
 * @param {string[]} defines
 * @param {Property[]} properties
 * @returns {Case}
 */
function holds(model, name, defines, properties) {
  return { model, name, defines, properties, isBug: false };
}

/**
 * @param {string} model
 * @param {string} name
 * @param {Property} property
 * @param {string[]} more
 * @returns {Case}
 */
function bug(model, name, property, more = []) {
  return { model, name, defines: [name, ...more], properties: [property], isBug: true };
}
