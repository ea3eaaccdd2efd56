/**
 * What globalSetup started and globalTeardown stops; Jest runs both in one process, but loads their
 * modules separately.
 *
 * @typedef {{ dataDir?: string, postgres?: import('../../tools/postgres/postgres.mjs').Postgres }} Run
 */

const place = /** @type {{ skaldTestRun?: Run }} */ (globalThis);

/** @type {Run} */
export const run = (place.skaldTestRun ??= {});
