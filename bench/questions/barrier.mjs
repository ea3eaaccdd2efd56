// Row 16: what the participant's barrier costs.
const MODULE = 'contenders/barrier.mjs';
const BATCH = 100;
const ROWS =
  'both cores are busy. PostgreSQL has a lock, a look and a row of the inbox with its index more for each command (some 490 bytes of WAL one by one, 460 together, where the handler alone writes 180 and 140), the participant the row to send. Decision 0017 has what was taken from it, and what would give up a rule of the barrier.';

/**
 * @param {'guarded' | 'bare' | 'plain'} by
 * @param {number} size
 * @returns {import('../lib/rounds.mjs').Entry}
 */
const entry = (by, size) => ({
  name: size === 1 ? by : `${by}-${size}`,
  ...{ module: MODULE, countsCalls: false, failEvery: 0 },
  options: { by, size, operation: size === 1 ? 'book' : 'book-many' },
  concurrency: size === 1 ? 50 : 4,
});

/** @type {import('../lib/question.mjs').Question} */
export const barrier = {
  name: 'barrier',
  title: "The participant's barrier beside the same handler without it",
  minutes: 4,
  about: [
    `A service that writes one row for each booking, asked directly: by the SDK with its barrier (inbox row, stored reply), and as a Nest controller over Fastify that reads the same envelope, checks the same contract and runs the same handler in a database transaction, without the barrier. \`plain\`, beside which nothing is claimed, is a controller without the envelope and its checks, too. 50 requests at once of one booking each; and 4 at once of ${BATCH}, which are one database transaction on either side (@HandlesBatch). Per second are requests.`,
  ],
  entries: () => [
    entry('bare', 1),
    entry('guarded', 1),
    entry('plain', 1),
    entry('bare', BATCH),
    entry('guarded', BATCH),
    entry('plain', BATCH),
  ],
  claims: [
    {
      row: '16',
      claim: 'rows per second, one by one, beside the handler without barrier',
      value: ({ rate }) => rate('guarded') / rate('bare'),
      ...{ must: 0.6, aim: 0.8 },
      why: ROWS,
    },
    {
      row: '16',
      claim: `rows per second, ${BATCH} per request, beside the handler without barrier`,
      value: ({ rate }) => rate(`guarded-${BATCH}`) / rate(`bare-${BATCH}`),
      ...{ must: 0.8, aim: 0.95 },
      why: ROWS,
    },
  ],
};
