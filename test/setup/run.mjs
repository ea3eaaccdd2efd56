/**
 * What globalSetup started and globalTeardown stops; Jest runs both in one process, but loads their
 * modules separately.
 *
 * @type {{ dataDir?: string, postgres?: import('../../tools/postgres/postgres.mjs').Postgres }}
 */
export const run = /** @type {any} */ ((globalThis).skaldTestRun ??= {});
