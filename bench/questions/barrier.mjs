// Row 16: what the participant's barrier costs.
const MODULE = 'contenders/barrier.mjs';
const BATCH = 100;

/**
 * @param {string} name
 * @param {boolean} guarded
 * @param {number} size
 * @returns {import('../lib/rounds.mjs').Entry}
 */
const entry = (name, guarded, size) => ({
  ...{ name, module: MODULE, countsCalls: false, failEvery: 0 },
  options: { guarded, size, operation: size === 1 ? 'book' : 'book-many' },
  concurrency: size === 1 ? 50 : 4,
});

/** @type {import('../lib/question.mjs').Question} */
export const barrier = {
  name: 'barrier',
  title: "The participant's barrier beside the same handler without it",
  minutes: 3,
  about: [
    `A service that writes one row for each booking, asked directly: by the SDK with its barrier (envelope, checks, inbox row, stored reply), and as a plain Nest controller over Fastify with the same database transaction. 50 requests at once of one booking each; and 4 at once of ${BATCH}, which are one database transaction on either side (@HandlesBatch). Per second are requests.`,
  ],
  entries: () => [
    entry('bare', false, 1),
    entry('guarded', true, 1),
    entry(`bare-${BATCH}`, false, BATCH),
    entry(`guarded-${BATCH}`, true, BATCH),
  ],
  claims: [
    {
      row: '16',
      claim: 'rows per second, one by one, beside the handler without barrier',
      value: ({ rate }) => rate('guarded') / rate('bare'),
      ...{ must: 0.6, aim: 0.8 },
    },
    {
      row: '16',
      claim: `rows per second, ${BATCH} per request, beside the handler without barrier`,
      value: ({ rate }) => rate(`guarded-${BATCH}`) / rate(`bare-${BATCH}`),
      ...{ must: 0.8, aim: 0.95 },
    },
  ],
};
